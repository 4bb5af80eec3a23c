/* Writing a partition to a file of the user's choice. */
#include "engine/engine.h"

#include "record/aside.h"

kith_status kith_partition_save(kith_ctx *ctx, const kith_data *data, const char *path)
{
    kith_aside file;
    KITH_TRY(kith_aside_open(ctx, path, &file));
    const kith_status status = kith_data_write_partition(ctx, data, file.stream);
    if (status == KITH_OK) return kith_aside_commit(ctx, &file);
    kith_aside_abandon(&file);
    return status;
}
