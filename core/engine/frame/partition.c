/* Writing a partition to a file of the user's choice. */
#include "engine/frame/frame.h"

#include "record/aside.h"

kith_status kith_partition_save(kith_ctx *ctx, const kith_config *config, const kith_data *data, const char *path)
{
    kith_aside file;
    KITH_TRY(kith_config_spare(ctx, config, path));
    KITH_TRY(kith_aside_open(ctx, path, KITH_PRODUCT_PARTITION, &file));
    const kith_status status = kith_data_write_partition(ctx, data, file.stream);
    if (status == KITH_OK) return kith_aside_commit(ctx, &file);
    /* What the disk refused it refuses again, and the file's own message names it. */
    if (status == KITH_EIO) kith_ctx_forget(ctx);
    const kith_status again = status == KITH_EIO ? kith_aside_seal(ctx, &file) : KITH_OK;
    kith_aside_abandon(&file);
    return again == KITH_OK ? status : again;
}
