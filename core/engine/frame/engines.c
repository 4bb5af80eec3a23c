#include "engine/engine.h"

const kith_engine_type *kith_engine_at(size_t i)
{
    static const kith_engine_type *const types[] = {&kith_federated_engine, &kith_decentralized_engine,
                                                    &kith_walk_engine, &kith_population_engine};
    return i < sizeof types / sizeof types[0] ? types[i] : NULL;
}

const kith_engine_type *kith_engine_of(uint32_t role)
{
    size_t i = 0;
    while (kith_engine_at(i) && kith_engine_at(i)->role != role)
        i++;
    return kith_engine_at(i);
}
