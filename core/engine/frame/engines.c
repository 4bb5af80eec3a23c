#include "engine/engine.h"

const kith_engine_type *kith_engine_at(size_t i)
{
#define ENGINE(upper, lower) &kith_##lower##_engine,
    static const kith_engine_type *const types[] = {KITH_ROLE_MAP(ENGINE)};
#undef ENGINE
    return i < sizeof types / sizeof types[0] ? types[i] : NULL;
}

const kith_engine_type *kith_engine_of(uint32_t role)
{
    size_t i = 0;
    while (kith_engine_at(i) && kith_engine_at(i)->role != role)
        i++;
    return kith_engine_at(i);
}
