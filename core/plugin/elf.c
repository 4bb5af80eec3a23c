#include "plugin/check.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The linker's name for the header of the object this code is in, so the machine to compare with is always at hand. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

typedef struct object {
    kith_ctx *ctx;
    const char *path;
    int file;
    uint64_t size;
    ElfW(Ehdr) head;
} object;

static kith_status read_at(const object *o, uint64_t offset, void *out, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t got = pread(o->file, (char *)out + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return kith_fail(o->ctx, KITH_EPLUGIN, "%s: cannot be read: %s", o->path,
                             got < 0 ? strerror(errno) : "it became shorter meanwhile");
        done += (size_t)got;
    }
    return KITH_OK;
}

static kith_status read_head(object *o)
{
    unsigned char *ident = o->head.e_ident;
    if (o->size == 0) return kith_fail(o->ctx, KITH_EPLUGIN, "%s: the file is empty; build or copy it again", o->path);
    KITH_TRY(read_at(o, 0, &o->head, o->size < sizeof o->head ? (size_t)o->size : sizeof o->head));
    if (o->size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return kith_fail(o->ctx, KITH_EPLUGIN,
                         "%s: is no shared object; a plugin is built with -shared and named ID.so", o->path);
    if (o->size < sizeof o->head)
        return kith_fail(
            o->ctx, KITH_EPLUGIN,
            "%s: truncated: the file has %llu bytes but an ELF header alone has %zu; build or copy it again", o->path,
            (unsigned long long)o->size, sizeof o->head);
    const unsigned char *mine = __ehdr_start.e_ident;
    if (ident[EI_CLASS] != mine[EI_CLASS] || ident[EI_DATA] != mine[EI_DATA] ||
        o->head.e_machine != __ehdr_start.e_machine)
        return kith_fail(
            o->ctx, KITH_EPLUGIN,
            "%s: is built for another machine (ELF class %d, data %d, machine %d; here %d, %d, %d); build it here",
            o->path, ident[EI_CLASS], ident[EI_DATA], o->head.e_machine, mine[EI_CLASS], mine[EI_DATA],
            __ehdr_start.e_machine);
    if (o->head.e_type != ET_DYN)
        return kith_fail(o->ctx, KITH_EPLUGIN, "%s: is no shared object (ELF type %d, not %d); link it with -shared",
                         o->path, o->head.e_type, ET_DYN);
    return KITH_OK;
}

/* Raises *end to the end of [offset, offset + count * size); SIZE_MAX-like where that overflows. */
static void reach(uint64_t *end, uint64_t offset, uint64_t count, uint64_t size)
{
    uint64_t bytes = 0, stop = 0;
    if (count == 0 || size == 0) return;
    if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(offset, bytes, &stop)) stop = UINT64_MAX;
    if (stop > *end) *end = stop;
}

static kith_status reach_segments(const object *o, uint64_t *end)
{
    const ElfW(Ehdr) *head = &o->head;
    uint64_t table = 0;
    if (head->e_phnum == 0 || head->e_phentsize != sizeof(ElfW(Phdr)))
        return kith_fail(o->ctx, KITH_EPLUGIN, "%s: its ELF program headers are damaged; build or copy it again",
                         o->path);
    reach(&table, head->e_phoff, head->e_phnum, sizeof(ElfW(Phdr)));
    if (table > *end) *end = table;
    if (table > o->size) return KITH_OK;
    for (unsigned i = 0; i < head->e_phnum; i++) {
        ElfW(Phdr) segment;
        KITH_TRY(read_at(o, head->e_phoff + i * sizeof segment, &segment, sizeof segment));
        if (segment.p_type != PT_NULL) reach(end, segment.p_offset, 1, segment.p_filesz);
    }
    return KITH_OK;
}

static kith_status reach_sections(const object *o, uint64_t *end)
{
    const ElfW(Ehdr) *head = &o->head;
    uint64_t table = 0;
    if (head->e_shoff == 0) return KITH_OK; /* stripped of them */
    if (head->e_shnum && head->e_shentsize != sizeof(ElfW(Shdr)))
        return kith_fail(o->ctx, KITH_EPLUGIN, "%s: its ELF section headers are damaged; build or copy it again",
                         o->path);
    reach(&table, head->e_shoff, head->e_shnum, sizeof(ElfW(Shdr)));
    if (table > *end) *end = table;
    if (table > o->size) return KITH_OK;
    for (unsigned i = 0; i < head->e_shnum; i++) {
        ElfW(Shdr) section;
        KITH_TRY(read_at(o, head->e_shoff + i * sizeof section, &section, sizeof section));
        if (section.sh_type != SHT_NULL && section.sh_type != SHT_NOBITS)
            reach(end, section.sh_offset, 1, section.sh_size);
    }
    return KITH_OK;
}

static kith_status check_open(object *o)
{
    struct stat found;
    uint64_t end = 0;
    if (fstat(o->file, &found) != 0)
        return kith_fail(o->ctx, KITH_EPLUGIN, "%s: cannot be read: %s", o->path, strerror(errno));
    if (!S_ISREG(found.st_mode)) return kith_fail(o->ctx, KITH_EPLUGIN, "%s: is no regular file", o->path);
    o->size = (uint64_t)found.st_size;
    KITH_TRY(read_head(o));
    KITH_TRY(reach_segments(o, &end));
    KITH_TRY(reach_sections(o, &end));
    if (end <= o->size) return KITH_OK;
    return kith_fail(o->ctx, KITH_EPLUGIN,
                     "%s: truncated: the file has %llu bytes but its ELF headers describe %llu; build or copy it again",
                     o->path, (unsigned long long)o->size, (unsigned long long)end);
}

kith_status kith_elf_check(kith_ctx *ctx, const char *path)
{
    /* Not blocking, so that a named pipe does not stop the program. */
    object o = {.ctx = ctx, .path = path, .file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (o.file < 0) return kith_fail(ctx, KITH_EPLUGIN, "%s: cannot be read: %s", path, strerror(errno));
    const kith_status status = check_open(&o);
    close(o.file);
    return status;
}
