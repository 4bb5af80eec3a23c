# What `kith report`, `kith export` and the progress bar are made of. Their unit tests compile the same files.
kith_report_sources = launch/pictures/chart_data.c launch/pictures/charts.c launch/pictures/charts.h \
	launch/pictures/drawing.c launch/pictures/drawing.h launch/pictures/figure.c launch/pictures/figure.h \
	launch/pictures/figure_legend.c launch/pictures/figure_script.c launch/pictures/figure_script.h \
	launch/pictures/svg.c launch/pictures/svg.h launch/program.c launch/program.h launch/report/html.c \
	launch/report/html.h launch/report/page.h launch/report/page_curves.c launch/report/page_graphs.c \
	launch/report/page_histograms.c launch/report/page_parameters.c launch/report/page_payoffs.c \
	launch/report/page_style.c launch/report/page_style.h launch/report/page_sweep.c launch/report/page_tables.c \
	launch/report/page_targets.c launch/report/report.c launch/report/report.h launch/results/curves.c \
	launch/results/groups.c launch/results/groups.h launch/results/swept.c launch/results/swept.h
kith_plot_sources = launch/plot/choose.c launch/plot/choose.h launch/plot/plot.c launch/plot/plot.h
kith_results_sources = launch/results/export.c launch/results/export.h launch/results/export_wide.c \
	launch/results/metrics.c launch/results/metrics.h launch/results/results.c launch/results/results.h \
	launch/results/tensorboard.c launch/results/tensorboard.h launch/results/tensorboard_event.c \
	launch/results/tensorboard_event.h
kith_progress_sources = launch/progress.c launch/progress.h
launch_output_sources = $(kith_report_sources) $(kith_plot_sources) $(kith_results_sources) \
	$(kith_progress_sources)

unit_tests += tests/unit/report tests/unit/pictures tests/unit/plots tests/unit/exports tests/unit/progress
tests_unit_plots_SOURCES = tests/unit/plots.c tests/unit/scratch.h tests/unit/database.h $(kith_report_sources) \
	$(kith_plot_sources) $(kith_results_sources)
tests_unit_plots_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_plots_LDADD = $(LDADD) $(SQLITE_LIBS)
tests_unit_exports_SOURCES = tests/unit/exports.c tests/unit/scratch.h tests/unit/database.h \
	$(kith_report_sources) $(kith_results_sources)
tests_unit_exports_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_exports_LDADD = $(LDADD) $(SQLITE_LIBS)
tests_unit_pictures_SOURCES = tests/unit/pictures.c tests/unit/scratch.h $(kith_report_sources) \
	$(kith_results_sources)
tests_unit_pictures_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_pictures_LDADD = $(LDADD) $(SQLITE_LIBS)
tests_unit_report_SOURCES = tests/unit/report.c tests/unit/scratch.h tests/unit/database.h $(kith_report_sources) \
	$(kith_results_sources)
tests_unit_report_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_report_LDADD = $(LDADD) $(SQLITE_LIBS)
tests_unit_progress_SOURCES = tests/unit/progress.c $(kith_progress_sources)
