# What writers of plugins get: templates for `kith new`, and the trials of `kith check`.
plugin_author_sources = launch/commands/authoring/checking.c launch/commands/authoring/copying.c \
	launch/commands/authoring/copying.h launch/commands/authoring/new.c launch/commands/authoring/trial.c \
	launch/commands/authoring/trial.h launch/commands/authoring/trial_data.c \
	launch/commands/authoring/trial_game.c launch/commands/authoring/trial_graph.c \
	launch/commands/authoring/trial_model.c launch/commands/authoring/trial_pupil.h \
	launch/commands/authoring/trial_slopes.c launch/commands/authoring/trial_play.c \
	launch/commands/authoring/trial_play.h launch/commands/authoring/trial_guard.c \
	launch/commands/authoring/trial_guard.h launch/commands/authoring/trial_recipe.c \
	launch/commands/authoring/trial_recipe.h launch/commands/authoring/trial_run.c launch/commands/completing.c \
	launch/commands/completing.h

templatesdir = $(pkgdatadir)/templates
dist_templates_DATA = launch/templates/plugin.mk launch/templates/external.mk launch/templates/new-external.py \
	launch/templates/new-external.ini launch/templates/new-external.sh launch/templates/new-federated.c \
	launch/templates/new-federated.ini launch/templates/new-federated.sh launch/templates/new-decentralized.c \
	launch/templates/new-decentralized.ini launch/templates/new-decentralized.sh launch/templates/new-walk.c \
	launch/templates/new-walk.ini launch/templates/new-walk.sh launch/templates/new-population.c \
	launch/templates/new-population.ini launch/templates/new-population.sh launch/templates/new-topology.c \
	launch/templates/new-topology.ini launch/templates/new-topology.sh launch/templates/new-dataset.c \
	launch/templates/new-dataset.ini launch/templates/new-dataset.sh launch/templates/new-model.c \
	launch/templates/new-model.ini launch/templates/new-model.sh launch/templates/new-game.c \
	launch/templates/new-game.ini launch/templates/new-game.sh launch/templates/new-filter.c \
	launch/templates/new-filter.ini launch/templates/new-filter.sh

# A shell looks for it by the program's name.
completiondir = $(datadir)/bash-completion/completions
EXTRA_DIST += launch/completion.bash
install-data-local: install-completion
install-completion:
	$(MKDIR_P) '$(DESTDIR)$(completiondir)'
	$(INSTALL_DATA) $(srcdir)/launch/completion.bash '$(DESTDIR)$(completiondir)/$(KITH_NAME)'
uninstall-local: uninstall-completion
uninstall-completion:
	rm -f '$(DESTDIR)$(completiondir)/$(KITH_NAME)'
.PHONY: install-completion uninstall-completion

# pkg-config prefers it to an installed one, where PKG_CONFIG_PATH names the folder.
noinst_DATA = core/$(KITH_NAME)-uninstalled.pc
CLEANFILES += core/$(KITH_NAME)-uninstalled.pc
core/$(KITH_NAME)-uninstalled.pc: core/uninstalled.pc
	$(AM_V_GEN)cp core/uninstalled.pc $@

# A link that configure made
DISTCLEANFILES += modules/templates

# The templates themselves are plugins, and compile without a warning.
check_LTLIBRARIES += tests/templates/new-federated.la tests/templates/new-decentralized.la \
	tests/templates/new-walk.la \
	tests/templates/new-population.la tests/templates/new-topology.la tests/templates/new-dataset.la \
	tests/templates/new-model.la tests/templates/new-game.la tests/templates/new-filter.la
template_ldflags = $(module_ldflags) -rpath /nowhere
tests_templates_new_federated_la_SOURCES = launch/templates/new-federated.c
tests_templates_new_federated_la_CFLAGS = $(AM_CFLAGS) -Werror
tests_templates_new_federated_la_LDFLAGS = $(template_ldflags)
tests_templates_new_federated_la_LIBADD = $(SYSTEM_LIBS)
tests_templates_new_decentralized_la_SOURCES = launch/templates/new-decentralized.c
tests_templates_new_decentralized_la_CFLAGS = $(AM_CFLAGS) -Werror
tests_templates_new_decentralized_la_LDFLAGS = $(template_ldflags)
tests_templates_new_decentralized_la_LIBADD = $(SYSTEM_LIBS)
tests_templates_new_walk_la_SOURCES = launch/templates/new-walk.c
tests_templates_new_walk_la_CFLAGS = $(AM_CFLAGS) -Werror
tests_templates_new_walk_la_LDFLAGS = $(template_ldflags)
tests_templates_new_walk_la_LIBADD = $(SYSTEM_LIBS)
tests_templates_new_population_la_SOURCES = launch/templates/new-population.c
tests_templates_new_population_la_CFLAGS = $(AM_CFLAGS) -Werror
tests_templates_new_population_la_LDFLAGS = $(template_ldflags)
tests_templates_new_population_la_LIBADD = $(SYSTEM_LIBS)
tests_templates_new_topology_la_SOURCES = launch/templates/new-topology.c
tests_templates_new_topology_la_CFLAGS = $(AM_CFLAGS) -Werror
tests_templates_new_topology_la_LDFLAGS = $(template_ldflags)
tests_templates_new_topology_la_LIBADD = $(SYSTEM_LIBS)
tests_templates_new_dataset_la_SOURCES = launch/templates/new-dataset.c
tests_templates_new_dataset_la_CFLAGS = $(AM_CFLAGS) -Werror
tests_templates_new_dataset_la_LDFLAGS = $(template_ldflags)
tests_templates_new_dataset_la_LIBADD = $(SYSTEM_LIBS)
tests_templates_new_model_la_SOURCES = launch/templates/new-model.c
tests_templates_new_model_la_CFLAGS = $(AM_CFLAGS) -Werror
tests_templates_new_model_la_LDFLAGS = $(template_ldflags)
tests_templates_new_model_la_LIBADD = $(SYSTEM_LIBS)
tests_templates_new_filter_la_SOURCES = launch/templates/new-filter.c
tests_templates_new_filter_la_CFLAGS = $(AM_CFLAGS) -Werror
tests_templates_new_filter_la_LDFLAGS = $(template_ldflags)
tests_templates_new_filter_la_LIBADD = $(SYSTEM_LIBS)
tests_templates_new_game_la_SOURCES = launch/templates/new-game.c
tests_templates_new_game_la_CFLAGS = $(AM_CFLAGS) -Werror
tests_templates_new_game_la_LDFLAGS = $(template_ldflags)
tests_templates_new_game_la_LIBADD = $(SYSTEM_LIBS)

TESTS += tests/e2e/completion.test tests/e2e/new.test tests/e2e/trials.test
EXTRA_DIST += tests/e2e/completion.test tests/e2e/new.test tests/e2e/trials.test
