#include "opened.h"

/* Texts by speaker: who says what, windows, the split, baselines, and what is refused. */

static const char play[] =
    "A play\nby nobody: \n\nANN:\nabcdefghij\n\nBOB:\nxyxyxyxyxyxyxyxyxyx\nyx\n\n\nCAT:\nmm\n\nANN:\nab:\n\nk\n\n"
    "nobody\n\nEVE:\n\nBOB:\nyy";
/* Said: ANN "abcdefghij\n" "ab:\n\nk\n\nnobody\n" 26, BOB "xyx...x\nyx\n" "yy" 25, CAT "mm\n" 3, EVE nothing.
 * What may occur in it, in the order of codes: */
static const char bytes[] = "\n :ABCENOPTVabcdefghijklmnopqrstuvwxyz";

static const char ann[] = "abcdefghij\nab:\n\nk\n\nnobody\n", bob[] = "xyxyxyxyxyxyxyxyxyx\nyx\nyy";

static int32_t code_of(char byte)
{
    int32_t code = 0;
    for (const char *b = bytes; *b != byte; b++)
        code += strchr(play, *b) != NULL;
    return code;
}

/* One example of a learner or, with SIZE_MAX, of the tests: the codes of `said`, and the last one for a label. */
static void check_window(opened *o, size_t learner, uint32_t which, const char *said)
{
    const size_t length = kith_data_shape(o->data)->features;
    kith_real x[64];
    int32_t label = -1;
    if (learner == SIZE_MAX) {
        kith_data_test(o->data, which, 1, x, &label);
    } else {
        assert_ok(o->w.ctx, kith_data_visit(o->w.ctx, o->data, learner));
        kith_data_gather(o->data, &which, 1, x, &label);
    }
    for (size_t k = 0; k < length; k++)
        assert_true(x[k] == (kith_real)code_of(said[k]));
    assert_int_equal(label, code_of(said[length - 1]));
}

#define PLAY "text.file=text-test.txt", "partition.kind=natural"

static void speakers_are_users_by_how_much_they_say(void **state)
{
    (void)state;
    opened o;
    write_text("text-test.txt", play);
    OPEN(&o, "text", 1, PLAY, "run.learners=2", "text.length=4", "text.least=3", "text.test_share=0.25");
    const kith_shape *shape = kith_data_shape(o.data);
    assert_int_equal(shape->features, 5);
    assert_int_equal(shape->codes, shape->classes);
    assert_int_equal(shape->codes, code_of('y') + 1);
    /* ANN: 20 characters to train, 6 to test; BOB: 19 and 6; CAT: 3, which is not enough for one example */
    assert_int_equal(kith_data_size(o.data, 0), 4);
    assert_int_equal(kith_data_size(o.data, 1), 4);
    assert_int_equal(kith_data_test_size(o.data), 2);
    assert_int_equal(o.data->info.users, 2);
    for (uint32_t k = 0; k < 4; k++)
        check_window(&o, 0, k, ann + 4 * k);
    for (uint32_t k = 0; k < 4; k++)
        check_window(&o, 1, k, bob + 4 * k);
    check_window(&o, SIZE_MAX, 0, ann + 20);
    check_window(&o, SIZE_MAX, 1, bob + 19);
    finish(&o);
    unlink("text-test.txt");
}

static void windows_may_overlap_and_speakers_be_chosen(void **state)
{
    (void)state;
    opened o;
    write_text("text-test.txt", play);
    OPEN(&o, "text", 1, PLAY, "run.learners=1", "text.length=4", "text.stride=3", "text.least=0", "text.test_share=0",
         "text.speakers=1");
    assert_int_equal(o.data->info.users, 1);
    assert_int_equal(kith_data_test_size(o.data), 0);
    assert_int_equal(kith_data_size(o.data, 0), 8); /* starts 0, 3 .. 21 */
    for (uint32_t k = 0; k < 8; k++)
        check_window(&o, 0, k, ann + 3 * k);
    kith_fact fact[4];
    size_t facts = 9;
    assert_ok(o.w.ctx, kith_data_facts(o.w.ctx, o.data, fact, 4, &facts));
    assert_int_equal(facts, 0); /* nothing to test on */
    finish(&o);
    OPEN(&o, "text", 1, PLAY, "run.learners=3", "text.length=1", "text.least=0", "text.test_share=0");
    assert_int_equal(o.data->info.users, 3);
    assert_int_equal(kith_data_size(o.data, 2), 2);
    check_window(&o, 2, 1, "m\n");
    finish(&o);
    unlink("text-test.txt");
}

/* By hand: aaab of aaabab to train, ab to test; newline and colon are codes, too. */
static void baselines_are_counts_with_one_added(void **state)
{
    (void)state;
    opened o;
    kith_fact fact[4];
    size_t facts = 0;
    write_text("text-test.txt", "a:\naaabab");
    OPEN(&o, "text", 1, PLAY, "run.learners=1", "text.length=1", "text.least=0", "text.test_share=0.34");
    assert_ok(o.w.ctx, kith_data_facts(o.w.ctx, o.data, fact, 4, &facts));
    assert_int_equal(facts, 4);
    assert_string_equal(fact[0].name, "unigram_loss");
    assert_string_equal(fact[1].name, "unigram_accuracy");
    assert_string_equal(fact[2].name, "bigram_loss");
    assert_string_equal(fact[3].name, "bigram_accuracy");
    /* V = 4 (newline, colon, a, b); of four characters one is b; of three pairs after a one is b */
    assert_close(fact[0].value, log(8.0 / 2), 1e-14, 0);
    assert_close(fact[1].value, 0, 0, 0);
    assert_close(fact[2].value, log(7.0 / 2), 1e-14, 0);
    assert_close(fact[3].value, 0, 0, 0);
    assert_ok(o.w.ctx, kith_data_facts(o.w.ctx, o.data, fact, 2, &facts));
    assert_int_equal(facts, 2);
    finish(&o);
    unlink("text-test.txt");
}

/* Numbers from a program of its own in another language, which splits the text into paragraphs. */
static void shakespeare_is_shakespeare(void **state)
{
    (void)state;
    if (!have("shakespeare/input.txt")) skip();
    opened o;
    kith_fact fact[4];
    size_t facts = 0;
    OPEN(&o, "text", 1, "run.learners=100", "partition.kind=natural", "text.speakers=100");
    assert_int_equal(kith_data_shape(o.data)->codes, 65);
    assert_int_equal(kith_data_total(o.data), 10294);
    assert_int_equal(kith_data_test_size(o.data), 1101);
    assert_ok(o.w.ctx, kith_data_facts(o.w.ctx, o.data, fact, 4, &facts));
    const double known[4] = {3.166833822494047, 0.1637488646684832, 2.421699377355381, 0.27633969118982743};
    for (size_t k = 0; k < 4; k++)
        assert_close(fact[k].value, known[k], 1e-12, 0);
    finish(&o);
}

static void bad_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        kith_status status;
    } bad[] = {
        {NULL,
         "text-bad.txt: No such file or directory; set KITH_DATA to the folder that holds shakespeare/, or text.file "
         "to "
         "the file",
         KITH_EIO},
        {"", "text-bad.txt: holds nothing; set text.file to a text", KITH_EDATA},
        {"no names\nat all\nNAME:\nneeds a gap before it\n",
         "text-bad.txt: no speaker found; what NAME says starts with a line \"NAME:\" after an empty line", KITH_EDATA},
        {"ANN:\nab\ncd\001e\n", "text-bad.txt:3: byte 0x01 in column 3 is no character of a text; take it out",
         KITH_EDATA},
        {"BO:\nab\n\nANN:\nabc\n",
         "text-bad.txt: ANN says most, 4 characters, and that is less than text.least = 5 or too little for a training "
         "example "
         "of 8 characters and one; lower text.least or text.length",
         KITH_EDATA},
        {"ANN:\nabcdefgh\n",
         "text-bad.txt: ANN says most, 9 characters, and that is less than text.least = 5 or too little for a training "
         "example "
         "of 8 characters and one; lower text.least or text.length",
         KITH_EDATA},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        if (bad[k].text) write_text("text-bad.txt", bad[k].text);
        REFUSED("text", bad[k].status, bad[k].message, "text.file=text-bad.txt", "text.length=8", "text.least=5",
                "text.test_share=0.12", "run.learners=1");
    }
    write_text("text-bad.txt", play);
    REFUSED("text", KITH_ECONFIG,
            "--set: run.learners = 3: the data set has only 2 users, one a learner; ask for at most 2 learners, or set "
            "partition.kind = iid",
            "text.file=text-bad.txt", "text.length=4", "text.least=5", "partition.kind=natural", "run.learners=3");
    REFUSED("text", KITH_ECONFIG,
            "--set: data.scaling = unit: the features of text are codes, which mean nothing once they are scaled; "
            "choose raw",
            "text.file=text-bad.txt", "text.length=4", "text.least=5", "data.scaling=unit");
    unlink("text-bad.txt");
}

int main(void)
{
    find_data_folder();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speakers_are_users_by_how_much_they_say),
        cmocka_unit_test(windows_may_overlap_and_speakers_be_chosen),
        cmocka_unit_test(baselines_are_counts_with_one_added),
        cmocka_unit_test(shakespeare_is_shakespeare),
        cmocka_unit_test(bad_texts_are_refused),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
