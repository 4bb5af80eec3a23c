/* Planes: what an algorithm has of each learner, message, edge, or at the server. A plane is a vector of d reals, or a
 * few numbers.
 *
 * An algorithm declares its planes as rows of a table, or hands the rows over in layout() where they depend on the
 * configuration. The host allocates them, zeroed, carries them between workers, and saves them.
 *
 * Ownership: rows and names are the plugin's and live until destroy(); the memory behind a plane is the host's.
 */
#ifndef KITH_PLANE_H
#define KITH_PLANE_H

#include <kith/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whose a federated algorithm's plane is, and where it lies. */
typedef enum kith_plane_side {
    KITH_SIDE_MESSAGE = 1, /* one row per arrival; client() writes it, server() reads it */
    KITH_SIDE_SERVER,      /* one row at the server */
    KITH_SIDE_MEMORY,      /* at the server, one row per learner; zero until written */
    KITH_SIDE_LEARNER,     /* one row per learner that was seen, with the learner; zero at first use */
} kith_plane_side;

typedef enum kith_access {
    KITH_PRIVATE = 0, /* only its owner sees it */
    KITH_MIXED,       /* decentralized: mixed with the round's weights */
    KITH_PUBLISHED,   /* a server plane that clients get with the model; counted as bytes sent */
} kith_access;

typedef enum kith_element { KITH_ELEMENT_REAL = 0, KITH_ELEMENT_F64 = 1 } kith_element;

/* One plane of a federated algorithm. F64 planes (always doubles) are private server planes. */
typedef struct kith_plane {
    const char *name;
    uint32_t side, access, element;
    uint32_t scalars; /* 0: a vector of d; else so many numbers, which scalars() changes at the server */
} kith_plane;

/* One plane that each learner of a decentralized algorithm has. */
typedef struct kith_learner_plane {
    const char *name;
    uint32_t access;  /* KITH_PRIVATE, or KITH_MIXED: neighbours hear it */
    uint32_t scalars; /* 0: a vector of d reals; else so many reals */
    const char *into; /* of a mixed plane: the private plane of the same length that gets the mixture, so that this one
                         survives; NULL: the mixture replaces it */
} kith_learner_plane;

/* One plane that each directed edge of a static graph has: the learner at one end writes it, the other one reads it. */
typedef struct kith_edge_plane {
    const char *name;
    uint32_t scalars; /* 0: a vector of d reals; else so many reals */
} kith_edge_plane;

#ifdef __cplusplus
}
#endif
#endif
