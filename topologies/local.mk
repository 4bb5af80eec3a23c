TESTS += tests/e2e/graph.test
EXTRA_DIST += tests/e2e/graph.test

# A topology's module is its id; its source has _ for -.
plugins_LTLIBRARIES += \
	modules/adaptive.la \
	modules/barabasi-albert.la \
	modules/base-k.la \
	modules/base-random.la \
	modules/binary-tree.la \
	modules/chain.la \
	modules/complete.la \
	modules/contribution.la \
	modules/cycle-of-files.la \
	modules/epidemic.la \
	modules/erdos-renyi.la \
	modules/exponential.la \
	modules/faulty.la \
	modules/graph-file.la \
	modules/grid.la \
	modules/hypercube.la \
	modules/matching.la \
	modules/one-peer-exponential.la \
	modules/random-peer.la \
	modules/random-regular.la \
	modules/ring.la \
	modules/schedule.la \
	modules/star.la \
	modules/torus.la \
	modules/watts-strogatz.la
modules_base_k_la_SOURCES = topologies/base_k.c
modules_base_k_la_LDFLAGS = $(module_ldflags)
modules_base_random_la_SOURCES = topologies/base_random.c
modules_base_random_la_LDFLAGS = $(module_ldflags)
modules_barabasi_albert_la_SOURCES = topologies/barabasi_albert.c
modules_barabasi_albert_la_LDFLAGS = $(module_ldflags)
modules_binary_tree_la_SOURCES = topologies/binary_tree.c
modules_binary_tree_la_LDFLAGS = $(module_ldflags)
modules_chain_la_SOURCES = topologies/chain.c
modules_chain_la_LDFLAGS = $(module_ldflags)
modules_complete_la_SOURCES = topologies/complete.c
modules_complete_la_LDFLAGS = $(module_ldflags)
modules_contribution_la_SOURCES = topologies/contribution.c
modules_contribution_la_LDFLAGS = $(module_ldflags)
modules_cycle_of_files_la_SOURCES = topologies/cycle_of_files.c
modules_cycle_of_files_la_LDFLAGS = $(module_ldflags)
modules_erdos_renyi_la_SOURCES = topologies/erdos_renyi.c
modules_erdos_renyi_la_LDFLAGS = $(module_ldflags)
modules_exponential_la_SOURCES = topologies/exponential.c
modules_exponential_la_LDFLAGS = $(module_ldflags)
modules_faulty_la_SOURCES = topologies/faulty.c
modules_faulty_la_LDFLAGS = $(module_ldflags)
modules_graph_file_la_SOURCES = topologies/graph_file.c
modules_graph_file_la_LDFLAGS = $(module_ldflags)
modules_grid_la_SOURCES = topologies/grid.c topologies/lattice.h
modules_grid_la_LDFLAGS = $(module_ldflags)
modules_hypercube_la_SOURCES = topologies/hypercube.c
modules_hypercube_la_LDFLAGS = $(module_ldflags)
modules_matching_la_SOURCES = topologies/matching.c
modules_matching_la_LDFLAGS = $(module_ldflags)
modules_one_peer_exponential_la_SOURCES = topologies/one_peer_exponential.c
modules_one_peer_exponential_la_LDFLAGS = $(module_ldflags)
modules_random_peer_la_SOURCES = topologies/random_peer.c
modules_random_peer_la_LDFLAGS = $(module_ldflags)
modules_random_regular_la_SOURCES = topologies/random_regular.c
modules_random_regular_la_LDFLAGS = $(module_ldflags)
modules_ring_la_SOURCES = topologies/ring.c
modules_ring_la_LDFLAGS = $(module_ldflags)
modules_schedule_la_SOURCES = topologies/schedule.c
modules_schedule_la_LDFLAGS = $(module_ldflags)
modules_star_la_SOURCES = topologies/star.c
modules_star_la_LDFLAGS = $(module_ldflags)
modules_torus_la_SOURCES = topologies/torus.c topologies/lattice.h
modules_torus_la_LDFLAGS = $(module_ldflags)
modules_watts_strogatz_la_SOURCES = topologies/watts_strogatz.c
modules_watts_strogatz_la_LDFLAGS = $(module_ldflags)
modules_adaptive_la_SOURCES = topologies/adaptive.c
modules_adaptive_la_LDFLAGS = $(module_ldflags)
modules_epidemic_la_SOURCES = topologies/epidemic.c
modules_epidemic_la_LDFLAGS = $(module_ldflags)
