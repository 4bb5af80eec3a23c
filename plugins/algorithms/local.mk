plugins_LTLIBRARIES += modules/afa-cd.la modules/afa-cs.la modules/fedavg.la modules/scaffold.la
modules_afa_cd_la_SOURCES = plugins/algorithms/afa/afa_cd.c plugins/algorithms/afa/afa.h
modules_afa_cd_la_LDFLAGS = $(module_ldflags)
modules_afa_cs_la_SOURCES = plugins/algorithms/afa/afa_cs.c plugins/algorithms/afa/afa.h
modules_afa_cs_la_LDFLAGS = $(module_ldflags)
modules_fedavg_la_SOURCES = plugins/algorithms/averaging/fedavg.c plugins/algorithms/averaging/averaging.h
modules_fedavg_la_LDFLAGS = $(module_ldflags)
modules_scaffold_la_SOURCES = plugins/algorithms/averaging/scaffold.c plugins/algorithms/averaging/averaging.h
modules_scaffold_la_LDFLAGS = $(module_ldflags)
modules_scaffold_la_LIBADD = $(SYSTEM_LIBS)
plugins_LTLIBRARIES += modules/fednova.la modules/fedopt.la modules/fedprox.la
modules_fednova_la_SOURCES = plugins/algorithms/averaging/fednova.c plugins/algorithms/averaging/averaging.h
modules_fednova_la_LDFLAGS = $(module_ldflags)
modules_fednova_la_LIBADD = $(SYSTEM_LIBS)
modules_fedprox_la_SOURCES = plugins/algorithms/averaging/fedprox.c plugins/algorithms/averaging/averaging.h
modules_fedprox_la_LDFLAGS = $(module_ldflags)
modules_fedopt_la_SOURCES = plugins/algorithms/averaging/fedopt.c plugins/algorithms/averaging/averaging.h
modules_fedopt_la_LDFLAGS = $(module_ldflags)
modules_fedopt_la_LIBADD = $(SYSTEM_LIBS)
plugins_LTLIBRARIES += modules/ad-psgd.la modules/allreduce.la modules/choco.la modules/dsgd.la \
	modules/exact-diffusion.la modules/gradient-tracking.la modules/local-only.la modules/push-sum.la \
	modules/relaysum.la
modules_ad_psgd_la_SOURCES = plugins/algorithms/gossip/ad_psgd.c
modules_ad_psgd_la_LDFLAGS = $(module_ldflags)
modules_allreduce_la_SOURCES = plugins/algorithms/gossip/allreduce.c
modules_allreduce_la_LDFLAGS = $(module_ldflags)
modules_choco_la_SOURCES = plugins/algorithms/gossip/choco.c
modules_choco_la_LDFLAGS = $(module_ldflags)
modules_choco_la_LIBADD = $(SYSTEM_LIBS)
modules_dsgd_la_SOURCES = plugins/algorithms/gossip/dsgd.c
modules_dsgd_la_LDFLAGS = $(module_ldflags)
modules_exact_diffusion_la_SOURCES = plugins/algorithms/gossip/exact_diffusion.c
modules_exact_diffusion_la_LDFLAGS = $(module_ldflags)
modules_gradient_tracking_la_SOURCES = plugins/algorithms/gossip/gradient_tracking.c
modules_gradient_tracking_la_LDFLAGS = $(module_ldflags)
modules_local_only_la_SOURCES = plugins/algorithms/gossip/local_only.c
modules_local_only_la_LDFLAGS = $(module_ldflags)
modules_push_sum_la_SOURCES = plugins/algorithms/gossip/push_sum.c
modules_push_sum_la_LDFLAGS = $(module_ldflags)
modules_relaysum_la_SOURCES = plugins/algorithms/gossip/relaysum.c
modules_relaysum_la_LDFLAGS = $(module_ldflags)
plugins_LTLIBRARIES += modules/hdt.la modules/iid.la modules/metropolis-walk.la modules/non-backtracking.la \
	modules/simple-walk.la modules/srrw.la
modules_hdt_la_SOURCES = plugins/algorithms/walk/hdt.c plugins/algorithms/walk/history.c \
	plugins/algorithms/walk/history.h
modules_hdt_la_LDFLAGS = $(module_ldflags)
modules_hdt_la_LIBADD = $(SYSTEM_LIBS)
modules_iid_la_SOURCES = plugins/algorithms/walk/iid.c
modules_iid_la_LDFLAGS = $(module_ldflags)
modules_metropolis_walk_la_SOURCES = plugins/algorithms/walk/metropolis_walk.c
modules_metropolis_walk_la_LDFLAGS = $(module_ldflags)
modules_non_backtracking_la_SOURCES = plugins/algorithms/walk/non_backtracking.c
modules_non_backtracking_la_LDFLAGS = $(module_ldflags)
modules_non_backtracking_la_LIBADD = $(SYSTEM_LIBS)
modules_simple_walk_la_SOURCES = plugins/algorithms/walk/simple_walk.c
modules_simple_walk_la_LDFLAGS = $(module_ldflags)
modules_srrw_la_SOURCES = plugins/algorithms/walk/srrw.c plugins/algorithms/walk/history.c \
	plugins/algorithms/walk/history.h
modules_srrw_la_LDFLAGS = $(module_ldflags)
modules_srrw_la_LIBADD = $(SYSTEM_LIBS)
plugins_LTLIBRARIES += modules/asgd.la modules/ca2fl.la modules/fadas.la modules/fedasync.la modules/fedbuff.la \
	modules/feddyn.la modules/mifa.la modules/qffl.la
modules_asgd_la_SOURCES = plugins/algorithms/averaging/asgd.c plugins/algorithms/averaging/averaging.h
modules_asgd_la_LDFLAGS = $(module_ldflags)
modules_asgd_la_LIBADD = $(SYSTEM_LIBS)
modules_ca2fl_la_SOURCES = plugins/algorithms/averaging/ca2fl.c plugins/algorithms/averaging/averaging.h
modules_ca2fl_la_LDFLAGS = $(module_ldflags)
modules_fadas_la_SOURCES = plugins/algorithms/averaging/fadas.c plugins/algorithms/averaging/averaging.h
modules_fadas_la_LDFLAGS = $(module_ldflags)
modules_fadas_la_LIBADD = $(SYSTEM_LIBS)
modules_fedasync_la_SOURCES = plugins/algorithms/averaging/fedasync.c plugins/algorithms/averaging/staleness.h \
	plugins/algorithms/averaging/averaging.h
modules_fedasync_la_LDFLAGS = $(module_ldflags)
modules_fedasync_la_LIBADD = $(SYSTEM_LIBS)
modules_fedbuff_la_SOURCES = plugins/algorithms/averaging/fedbuff.c plugins/algorithms/averaging/staleness.h \
	plugins/algorithms/averaging/averaging.h
modules_fedbuff_la_LDFLAGS = $(module_ldflags)
modules_fedbuff_la_LIBADD = $(SYSTEM_LIBS)
modules_feddyn_la_SOURCES = plugins/algorithms/averaging/feddyn.c plugins/algorithms/averaging/averaging.h
modules_feddyn_la_LDFLAGS = $(module_ldflags)
modules_mifa_la_SOURCES = plugins/algorithms/averaging/mifa.c plugins/algorithms/averaging/averaging.h
modules_mifa_la_LDFLAGS = $(module_ldflags)
modules_qffl_la_SOURCES = plugins/algorithms/averaging/qffl.c plugins/algorithms/averaging/averaging.h
modules_qffl_la_LDFLAGS = $(module_ldflags)
modules_qffl_la_LIBADD = $(SYSTEM_LIBS)
