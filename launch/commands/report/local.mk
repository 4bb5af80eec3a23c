# What `kith report`, `kith export` and the progress bar are made of.
kith_report_sources = launch/services/pictures/chart_data.c launch/services/pictures/charts.c \
	launch/services/pictures/charts.h launch/services/pictures/drawing.c launch/services/pictures/drawing.h \
	launch/services/pictures/figure.c launch/services/pictures/figure.h launch/services/pictures/figure_legend.c \
	launch/services/pictures/figure_script.c launch/services/pictures/figure_script.h \
	launch/commands/plot/panels.c launch/commands/plot/panels.h \
	launch/commands/plot/stretches.c launch/services/pictures/convert.c launch/services/pictures/convert.h \
	launch/services/pictures/axes.c launch/services/pictures/axes.h launch/services/pictures/panel.c \
	launch/services/pictures/panel.h launch/services/pictures/map.c launch/services/pictures/map.h \
	launch/services/pictures/sheets.c launch/services/pictures/sheets.h launch/services/pictures/svg.c \
	launch/services/pictures/svg.h \
	launch/services/program.c launch/services/program.h launch/services/text/html.c launch/services/text/html.h \
	launch/commands/report/heat.c launch/commands/report/heat.h launch/commands/report/page_contests.c \
	launch/commands/report/page_script.c launch/commands/report/page_script.h launch/commands/report/page.h \
	launch/commands/report/page_curves.c launch/commands/report/page_graphs.c \
	launch/commands/report/page_histograms.c launch/commands/report/page_parameters.c \
	launch/commands/report/page_payoffs.c launch/commands/report/page_style.c \
	launch/commands/report/page_style.h launch/commands/report/page_sweep.c launch/commands/report/page_tables.c \
	launch/commands/report/page_targets.c launch/commands/report/report.c launch/commands/report/report.h \
	launch/services/results/curves.c launch/services/results/distinct.c launch/services/results/distinct.h \
	launch/services/results/environment.c launch/services/results/environment.h \
	launch/services/results/groups.c launch/services/results/groups.h launch/services/results/swept.c \
	launch/services/results/swept.h launch/services/results/varieties.c launch/services/results/varieties.h
kith_plot_sources = launch/commands/plot/choose.c launch/commands/plot/choose.h launch/commands/plot/plot.c \
	launch/commands/plot/plot.h
kith_results_sources = launch/services/results/export.c launch/services/results/export.h \
	launch/services/results/export_arrivals.c launch/services/results/export_wide.c \
	launch/services/results/adding.h launch/services/results/find.c launch/services/results/metrics.c \
	launch/services/results/metrics.h launch/services/results/results.c launch/services/results/results.h \
	launch/services/results/tensorboard.c launch/services/results/tensorboard.h \
	launch/services/results/listing.c launch/services/results/listing.h launch/services/results/value.c \
	launch/services/results/value.h launch/services/text/grid.c launch/services/text/grid.h \
	launch/services/wrap.c launch/services/wrap.h
kith_progress_sources = launch/services/lookout.c launch/services/lookout.h launch/services/progress.c \
	launch/services/progress.h
launch_output_sources = $(kith_report_sources) $(kith_plot_sources) $(kith_results_sources) \
	$(kith_progress_sources)

unit_tests += tests/unit/grid
tests_unit_grid_SOURCES = tests/unit/grid.c
tests_unit_grid_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_grid_LDADD = launch/liblaunch.a $(LDADD)
unit_tests += tests/unit/report tests/unit/pictures tests/unit/plots tests/unit/exports tests/unit/progress
tests_unit_report_SOURCES = tests/unit/report.c tests/unit/scratch.h tests/unit/database.h
tests_unit_report_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_report_LDADD = launch/liblaunch.a $(LDADD)
tests_unit_pictures_SOURCES = tests/unit/pictures.c tests/unit/scratch.h
tests_unit_pictures_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_pictures_LDADD = launch/liblaunch.a $(LDADD)
tests_unit_plots_SOURCES = tests/unit/plots.c tests/unit/scratch.h tests/unit/database.h
tests_unit_plots_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_plots_LDADD = launch/liblaunch.a $(LDADD)
tests_unit_exports_SOURCES = tests/unit/exports.c tests/unit/scratch.h tests/unit/database.h
tests_unit_exports_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_exports_LDADD = launch/liblaunch.a $(LDADD)
tests_unit_progress_SOURCES = tests/unit/progress.c
tests_unit_progress_LDADD = launch/liblaunch.a $(LDADD)
