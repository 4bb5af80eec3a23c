#include "engine/engine.h"

const kith_engine_type *kith_engine_of(uint32_t role)
{
    static const kith_engine_type *const types[] = {&kith_federated_engine, &kith_decentralized_engine,
                                                    &kith_walk_engine, &kith_population_engine};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i]->role == role) return types[i];
    return NULL;
}
