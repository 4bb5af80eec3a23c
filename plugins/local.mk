# Every plugin is built into modules/, where the program finds it when it runs from the build tree.
include plugins/algorithms/local.mk
include plugins/filters/local.mk
include plugins/models/local.mk
include plugins/algorithms/population/local.mk
include plugins/games/local.mk
include plugins/external/local.mk
