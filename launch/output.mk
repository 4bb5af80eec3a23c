# What `kith report`, `kith export` and the progress bar are made of. Their unit tests compile the same files.
kith_report_sources = launch/report.h launch/report.c launch/page.h launch/page_tables.c launch/page_curves.c launch/page_sweep.c launch/page_histograms.c launch/page_graphs.c launch/page_payoffs.c \
	launch/page_targets.c launch/page_parameters.c launch/page_style.h launch/page_style.c launch/figure.h \
	launch/figure.c launch/figure_script.h launch/figure_script.c launch/figure_legend.c launch/charts.h launch/charts.c launch/chart_data.c launch/swept.h launch/swept.c launch/svg.h launch/svg.c launch/drawing.h launch/drawing.c launch/program.h launch/program.c launch/html.h launch/html.c launch/groups.h launch/groups.c launch/curves.c
kith_plot_sources = launch/plot.h launch/plot.c launch/plot_choose.h launch/plot_choose.c
kith_results_sources = launch/results.h launch/results.c launch/export.h launch/export.c launch/export_wide.c launch/metrics.h launch/metrics.c launch/tensorboard.h \
	launch/tensorboard.c launch/tensorboard_event.h launch/tensorboard_event.c
kith_progress_sources = launch/progress.h launch/progress.c
launch_output_sources = $(kith_report_sources) $(kith_plot_sources) $(kith_results_sources) $(kith_progress_sources)

unit_tests += tests/unit/report tests/unit/pictures tests/unit/plots tests/unit/exports tests/unit/progress
tests_unit_plots_SOURCES = tests/unit/plots.c tests/unit/scratch.h tests/unit/database.h $(kith_report_sources) $(kith_plot_sources) $(kith_results_sources)
tests_unit_plots_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_plots_LDADD = $(LDADD) $(SQLITE_LIBS)
tests_unit_exports_SOURCES = tests/unit/exports.c tests/unit/scratch.h tests/unit/database.h $(kith_report_sources) $(kith_results_sources)
tests_unit_exports_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_exports_LDADD = $(LDADD) $(SQLITE_LIBS)
tests_unit_pictures_SOURCES = tests/unit/pictures.c tests/unit/scratch.h $(kith_report_sources) $(kith_results_sources)
tests_unit_pictures_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_pictures_LDADD = $(LDADD) $(SQLITE_LIBS)
tests_unit_report_SOURCES = tests/unit/report.c $(kith_report_sources) $(kith_results_sources)
tests_unit_report_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_report_LDADD = $(LDADD) $(SQLITE_LIBS)
tests_unit_progress_SOURCES = tests/unit/progress.c $(kith_progress_sources)
