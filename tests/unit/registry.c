#include "registryworld.h"

static void load_refused(const char *path, const char *message)
{
    const kith_plugin *plugin = NULL;
    assert_refused(ctx, kith_registry_load(ctx, registry, path, &plugin), KITH_EPLUGIN, message);
    assert_null(plugin);
}

static void find_refused(kith_kind kind, const char *id, const char *message)
{
    const kith_plugin *plugin = NULL;
    assert_refused(ctx, kith_registry_find(ctx, registry, kind, id, "exp.ini:3: run.model", &plugin), KITH_EPLUGIN,
                   message);
    assert_null(plugin);
}

static void found_once(void **state)
{
    (void)state;
    const kith_plugin *first = NULL, *second = NULL, *third = NULL;
    place("sound", NULL);
    assert_ok(ctx, kith_registry_find(ctx, registry, KITH_MODEL, "sound", "exp.ini:3: run.model", &first));
    assert_ok(ctx, kith_registry_find(ctx, registry, KITH_MODEL, "sound", "exp.ini:3: run.model", &second));
    assert_ok(ctx, kith_registry_load(ctx, registry, "plugins/sound.so", &third));
    assert_ptr_equal(first, second);
    assert_ptr_equal(first, third);
    assert_string_equal(first->id, "sound");
    assert_int_equal(first->param_count, 2);
}

static void a_path_without_a_slash_is_a_file_here(void **state)
{
    (void)state;
    const kith_plugin *plugin = NULL;
    place("sound", NULL);
    assert_int_equal(rename("plugins/sound.so", "sound.so"), 0);
    assert_ok(ctx, kith_registry_load(ctx, registry, "sound.so", &plugin));
    assert_string_equal(plugin->id, "sound");
    assert_int_equal(remove("sound.so"), 0);
    load_refused("sounder.so", "./sounder.so: cannot be read: No such file or directory");
}

static void first_folder_wins(void **state)
{
    (void)state;
    const kith_plugin *plugin = NULL;
    const kith_listing *list = NULL;
    size_t count = 0;
    place("sound", NULL);
    mkdir("before", 0777);
    scratch_write("before/sound.so", "", 0);
    kith_registry_destroy(registry);
    setenv("KITH_PLUGIN_PATH", "before:plugins::nowhere", 1);
    assert_ok(ctx, kith_registry_create(ctx, &registry));
    assert_string_equal(kith_ctx_notes(ctx),
                        "KITH_PLUGIN_PATH: nowhere is no folder, so no plugin is looked for there\n");
    assert_refused(ctx, kith_registry_find(ctx, registry, KITH_MODEL, "sound", "x", &plugin), KITH_EPLUGIN,
                   "before/sound.so: the file is empty; build or copy it again");
    assert_ok(ctx, kith_registry_list(ctx, registry, &list, &count));
    size_t seen = 0;
    for (size_t i = 0; i < count; i++)
        seen += strstr(list[i].path, "/sound.so") != NULL;
    assert_int_equal(seen, 1);
}

static void names_are_checked_before_any_file(void **state)
{
    (void)state;
    const char *names[] = {"../sound", "plugins/sound", "Sound", "", "sound.so", "a_b", "a b"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char message[200];
        snprintf(message, sizeof message,
                 "exp.ini:3: run.model = %s: the name of a model has 1 to 49 lower-case letters, digits and -",
                 *names[i] ? names[i] : "''");
        find_refused(KITH_MODEL, names[i], message);
    }
    load_refused("plugins/Sound.so", "plugins/Sound.so: a plugin's file is ID.so, with 1 to 49 lower-case letters, "
                                     "digits and -");
    load_refused("plugins/.so", "plugins/.so: a plugin's file is ID.so, with 1 to 49 lower-case letters, digits and -");
    load_refused("sound", "sound: a plugin's file is ID.so, with 1 to 49 lower-case letters, digits and -");
}

static bool any_of(kith_kind kind)
{
    const kith_listing *list = NULL;
    size_t count = 0;
    bool any = false;
    assert_ok(ctx, kith_registry_list(ctx, registry, &list, &count));
    for (size_t i = 0; i < count; i++)
        any |= list[i].plugin && list[i].plugin->kind == (uint32_t)kind;
    return any;
}

static void no_plugin_of_a_kind(void **state)
{
    (void)state;
    char message[2 * PATH_MAX], tree[PATH_MAX], program[PATH_MAX] = "";
    if (any_of(KITH_GAME)) skip(); /* the build tree has games by now */
    assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
    snprintf(
        message, sizeof message,
        "exp.ini:3: run.model = sound: there is no such game, nor any other in plugins, %s; set KITH_PLUGIN_PATH to "
        "the folder of its file",
        kith_folders_build_tree(program, tree, sizeof tree) ? tree : KITH_PLUGINS_DIR);
    find_refused(KITH_GAME, "sound", message);
    place("sound", NULL);
    find_refused(KITH_GAME, "sound", "exp.ini:3: run.model = sound: sound is a model, not a game");
}

static void unknown_names(void **state)
{
    (void)state;
    place("sound", NULL);
    place("later", NULL);
    find_refused(KITH_MODEL, "suond", "exp.ini:3: run.model = suond: there is no such model; did you mean sound?");
    const kith_plugin *plugin = NULL;
    assert_int_equal(kith_registry_find(ctx, registry, KITH_MODEL, "zzzzzzzzz", "--set run.model", &plugin),
                     KITH_EPLUGIN);
    assert_memory_equal(kith_ctx_message(ctx), "--set run.model = zzzzzzzzz: there is no such model; choose one of ",
                        67);
    assert_non_null(strstr(kith_ctx_message(ctx) + 60, "sound"));
    kith_ctx_clear(ctx);
    assert_int_equal(kith_registry_find(ctx, registry, KITH_ALGORITHM, "sound", "exp.ini:3: run.algorithm", &plugin),
                     KITH_EPLUGIN);
    assert_memory_equal(kith_ctx_message(ctx), "exp.ini:3: run.algorithm = sound: sound is a model, not an algorithm",
                        68);
}

static void listing_goes_on_after_a_refusal(void **state)
{
    (void)state;
    const kith_listing *list = NULL;
    size_t count = 0, at = 0, refused = 0;
    place("later", NULL);
    place("sound", NULL);
    place("wide", NULL);
    scratch_write("plugins/notes.txt", "", 0);
    scratch_write("plugins/empty.so", "", 0);
    for (int twice = 0; twice < 2; twice++) {
        assert_ok(ctx, kith_registry_list(ctx, registry, &list, &count));
        assert_true(count >= 4);
        at = refused = 0;
        for (size_t i = 0; i < count; i++) {
            if (list[i].plugin && i && list[i - 1].plugin && list[i - 1].plugin->kind == list[i].plugin->kind)
                assert_true(strcmp(list[i - 1].plugin->id, list[i].plugin->id) < 0);
            assert_true((list[i].plugin != NULL) != (list[i].refusal != NULL));
            if (refused) assert_null(list[i].plugin); /* refused ones are last */
            if (!list[i].plugin) refused++;
            if (strncmp(list[i].path, "plugins/", 8) == 0) at++;
            if (strcmp(list[i].path, "plugins/empty.so") == 0)
                assert_string_equal(list[i].refusal, "plugins/empty.so: the file is empty; build or copy it again");
            if (strcmp(list[i].path, "plugins/sound.so") == 0) assert_string_equal(list[i].plugin->id, "sound");
        }
        assert_int_equal(at, 4);
        assert_int_equal(refused, 2);
    }
    assert_string_equal(kith_ctx_message(ctx), "");
}

static void modules_that_are_refused(void **state)
{
    (void)state;
    const char *names[] = {"silent", "unresolved", "later", "precision", "misnamed"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        place(names[i], NULL);
    load_refused("plugins/silent.so",
                 "plugins/silent.so: exports no kith_plugin_descriptor; define it with KITH_EXPORT_PLUGIN");
    load_refused("plugins/unresolved.so", "plugins/unresolved.so: cannot be loaded: undefined symbol: "
                                          "nobody_defines_this; build it again");
    load_refused("plugins/later.so",
                 "plugins/later.so: abi_major is 3, but this program has 2; build it with this version's headers");
    load_refused("plugins/misnamed.so",
                 "plugins/misnamed.so: id is 'sound', but the file's name says 'misnamed'; make them the same");
    load_refused("plugins/precision.so",
                 sizeof(kith_real) == 4
                     ? "plugins/precision.so: real_size is 8: it is built for kith-f64, but this is kith; build it for "
                       "this one"
                     : "plugins/precision.so: real_size is 4: it is built for kith, but this is kith-f64; build it for "
                       "this one");
}

static void files_that_are_no_modules(void **state)
{
    (void)state;
    scratch_write("plugins/text.so", "#!/bin/sh\necho hello\n", 21);
    scratch_write("plugins/short.so",
                  "\x7f"
                  "EL",
                  3);
    scratch_write("plugins/head.so",
                  "\x7f"
                  "ELF\2\1\1",
                  7);
    mkdir("plugins/folder.so", 0777);
    mkfifo("plugins/pipe.so", 0666);
    load_refused("plugins/text.so",
                 "plugins/text.so: is no shared object; a plugin is built with -shared and named ID.so");
    load_refused("plugins/short.so",
                 "plugins/short.so: is no shared object; a plugin is built with -shared and named ID.so");
    load_refused("plugins/head.so", "plugins/head.so: truncated: the file has 7 bytes but an ELF header alone has 64; "
                                    "build or copy it again");
    load_refused("plugins/folder.so", "plugins/folder.so: is no regular file");
    load_refused("plugins/pipe.so", "plugins/pipe.so: is no regular file");
    load_refused("plugins/none.so", "plugins/none.so: cannot be read: No such file or directory");
}

/* A copy of the sound module with one field of its ELF header changed. */
static void header_refused(size_t offset, unsigned char byte, const char *message)
{
    char path[PATH_MAX + 64];
    size_t length = 0;
    snprintf(path, sizeof path, "%s/sound.so", samples);
    char *bytes = slurp(path, &length);
    bytes[offset] = (char)byte;
    scratch_write("plugins/sound.so", bytes, length);
    free(bytes);
    load_refused("plugins/sound.so", message);
}

static void headers_that_are_wrong(void **state)
{
    (void)state;
#if defined(__x86_64__)
    header_refused(4, 1,
                   "plugins/sound.so: is built for another machine (ELF class 1, data 1, machine 62; here 2, 1, 62); "
                   "build it here");
    header_refused(18, 183,
                   "plugins/sound.so: is built for another machine (ELF class 2, data 1, machine 183; here 2, 1, 62); "
                   "build it here");
#endif
    header_refused(16, 2, "plugins/sound.so: is no shared object (ELF type 2, not 3); link it with -shared");
    header_refused(56, 0, "plugins/sound.so: its ELF program headers are damaged; build or copy it again");
    header_refused(54, 1, "plugins/sound.so: its ELF program headers are damaged; build or copy it again");
    header_refused(58, 1, "plugins/sound.so: its ELF section headers are damaged; build or copy it again");
}

static void truncated_modules(void **state)
{
    (void)state;
    enum { LENGTHS = 40 };
    char path[PATH_MAX + 64], message[200];
    size_t length = 0;
    snprintf(path, sizeof path, "%s/sound.so", samples);
    char *bytes = slurp(path, &length);
    for (size_t i = 0; i < LENGTHS; i++) {
        const size_t kept = length * i / LENGTHS;
        const kith_plugin *plugin = NULL;
        scratch_write("plugins/sound.so", bytes, kept);
        if (kept >= 64)
            snprintf(message, sizeof message,
                     "plugins/sound.so: truncated: the file has %zu bytes but its ELF headers describe %zu; build or "
                     "copy it again",
                     kept, length);
        else
            snprintf(message, sizeof message, "plugins/sound.so: the file is empty; build or copy it again");
        assert_refused(ctx, kith_registry_load(ctx, registry, "plugins/sound.so", &plugin), KITH_EPLUGIN, message);
    }
    scratch_write("plugins/sound.so", bytes, length - 1);
    snprintf(message, sizeof message,
             "plugins/sound.so: truncated: the file has %zu bytes but its ELF headers describe %zu; build or copy it "
             "again",
             length - 1, length);
    load_refused("plugins/sound.so", message);
    const kith_plugin *plugin = NULL;
    scratch_write("plugins/sound.so", bytes, length);
    assert_ok(ctx, kith_registry_load(ctx, registry, "plugins/sound.so", &plugin));
    free(bytes);
}

static void build_tree_of_a_program(void **state)
{
    (void)state;
    char out[PATH_MAX], here[PATH_MAX], program[PATH_MAX + 64], expected[PATH_MAX + 64];
    const char *folders[] = {"tree", "tree/modules", "tree/modules/.libs", "tree/launch", "tree/tests"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        mkdir(folders[i], 0777);
    assert_non_null(getcwd(here, sizeof here));
    snprintf(expected, sizeof expected, "%s/tree/modules/.libs", here);
    const char *inside[] = {"launch/kith", "tests/unit/x", "kith"};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        snprintf(program, sizeof program, "%s/tree/%s", here, inside[i]);
        assert_true(kith_folders_build_tree(program, out, sizeof out));
        assert_string_equal(out, expected);
    }
    const char *outside[] = {"tree/inst/bin/kith", "tree/bin/kith", "tree/a/b/c/kith", "other/a/b/kith"};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        snprintf(program, sizeof program, "%s/%s", here, outside[i]);
        assert_false(kith_folders_build_tree(program, out, sizeof out));
    }
    assert_false(kith_folders_build_tree("", out, sizeof out));
    assert_false(kith_folders_build_tree("/kith", out, sizeof out));
}

static void folders_of_a_moved_program(void **state)
{
    (void)state;
    char out[PATH_MAX], here[PATH_MAX], program[PATH_MAX + 64], expected[PATH_MAX + 64];
    mkdir("moved", 0777);
    mkdir("moved/share", 0777);
    assert_non_null(getcwd(here, sizeof here));
    snprintf(program, sizeof program, "%s/moved/bin/kith", here);
    snprintf(expected, sizeof expected, "%s/moved/share", here);
    kith_folders_installed(program, KITH_PREFIX "/share", out, sizeof out);
    assert_string_equal(out, expected);
    kith_folders_installed(program, KITH_PREFIX "/lib", out, sizeof out); /* it has none of its own */
    assert_string_equal(out, KITH_PREFIX "/lib");
    kith_folders_installed(program, "/elsewhere", out, sizeof out);
    assert_string_equal(out, "/elsewhere");
    snprintf(program, sizeof program, "%s/moved/sbin/kith", here);
    kith_folders_installed(program, KITH_PREFIX "/share", out, sizeof out);
    assert_string_equal(out, KITH_PREFIX "/share");
    kith_folders_installed("", KITH_PREFIX "/share", out, sizeof out);
    assert_string_equal(out, KITH_PREFIX "/share");
}

static kith_config *configured(const char *set)
{
    kith_config *config = NULL;
    assert_ok(ctx, kith_config_create(ctx, &config));
    if (set) assert_ok(ctx, kith_config_set(ctx, config, set));
    return config;
}

static void instances(void **state)
{
    (void)state;
    const kith_setting setting = {.size = sizeof setting, .learners = 4};
    const char *names[] = {"sound", "wide"};
    for (size_t i = 0; i < 2; i++) {
        const kith_plugin *plugin = NULL;
        kith_instance instance;
        char set[40];
        place(names[i], NULL);
        snprintf(set, sizeof set, "%s.count=7", names[i]);
        kith_config *config = configured(set);
        assert_ok(ctx, kith_registry_find(ctx, registry, KITH_MODEL, names[i], "x", &plugin));
        assert_ok(ctx, kith_instance_bind(ctx, config, plugin, &instance));
        assert_ok(ctx, kith_instance_create(ctx, &instance, &setting));
        assert_ptr_equal(instance.self, instance.config);
        assert_true(((numbers *)instance.config)->rate == 0.5);
        assert_int_equal(((const kith_model *)plugin->ops)->dimension(instance.self), 7);
        assert_string_equal(kith_config_text(config, names[i], "count"), "7");
        kith_instance_close(&instance);
        kith_instance_close(&instance);
        kith_config_destroy(config);
    }
}

static void instances_that_fail(void **state)
{
    (void)state;
    const kith_setting setting = {.size = sizeof setting};
    const struct {
        const char *set, *message;
        kith_status status;
    } cases[] = {
        {"failing.count=2",
         "failing: create() returned KITH_EDATA (bad data) without a message; word failures with "
         "kith_fail()",
         KITH_EDATA},
        {"failing.count=3", "failing: count 3 never works", KITH_ECONFIG},
        {"failing.count=0", "--set: failing.count = 0 is out of range: it must be at least 1", KITH_ECONFIG},
        {"failing.cuont=1",
         "--set: failing.cuont is not a parameter of failing; did you mean "
         "failing.count?",
         KITH_ECONFIG},
    };
    const kith_plugin *plugin = NULL;
    place("failing", NULL);
    assert_ok(ctx, kith_registry_find(ctx, registry, KITH_MODEL, "failing", "x", &plugin));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kith_instance instance = {0};
        kith_config *config = configured(cases[i].set);
        kith_status status = kith_instance_bind(ctx, config, plugin, &instance);
        if (status == KITH_OK) status = kith_instance_create(ctx, &instance, &setting);
        assert_refused(ctx, status, cases[i].status, cases[i].message);
        assert_false(instance.created);
        kith_instance_close(&instance);
        kith_config_destroy(config);
    }
}

static void names_of_kinds(void **state)
{
    (void)state;
    assert_string_equal(kith_kind_name(KITH_DATASET), "data set");
    assert_string_equal(kith_kind_name(99), "unknown kind");
    assert_string_equal(kith_role_name(KITH_ROLE_POPULATION), "population");
    assert_string_equal(kith_role_name(99), "unknown role");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found_once, start, stop),
        cmocka_unit_test_setup_teardown(a_path_without_a_slash_is_a_file_here, start, stop),
        cmocka_unit_test_setup_teardown(first_folder_wins, start, stop),
        cmocka_unit_test_setup_teardown(names_are_checked_before_any_file, start, stop),
        cmocka_unit_test_setup_teardown(no_plugin_of_a_kind, start, stop),
        cmocka_unit_test_setup_teardown(unknown_names, start, stop),
        cmocka_unit_test_setup_teardown(listing_goes_on_after_a_refusal, start, stop),
        cmocka_unit_test_setup_teardown(modules_that_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(files_that_are_no_modules, start, stop),
        cmocka_unit_test_setup_teardown(headers_that_are_wrong, start, stop),
        cmocka_unit_test_setup_teardown(truncated_modules, start, stop),
        cmocka_unit_test_setup_teardown(build_tree_of_a_program, start, stop),
        cmocka_unit_test_setup_teardown(folders_of_a_moved_program, start, stop),
        cmocka_unit_test_setup_teardown(instances, start, stop),
        cmocka_unit_test_setup_teardown(instances_that_fail, start, stop),
        cmocka_unit_test_setup_teardown(names_of_kinds, start, stop),
    };
    return cmocka_run_group_tests_name("registry", tests, enter, scratch_leave);
}
