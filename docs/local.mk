# What is read rather than compiled, so that a release carries it
EXTRA_DIST += README.md LICENSE docs/architecture.md docs/plugins.md docs/papers/anarchic.md docs/papers/srrw.md
EXTRA_DIST += experiments/afa-glyphs.ini experiments/afa-mnist.ini experiments/afa-mnist-skew.ini \
	experiments/cnn-cifar.ini experiments/cnn-mnist.ini experiments/gossip-glyphs.ini \
	experiments/lstm-shakespeare.ini experiments/les-miserables-points.csv \
	experiments/many-learners.ini experiments/srrw-karate.ini experiments/srrw-karate-sampling.ini \
	experiments/srrw-les-miserables.ini experiments/srrw-social.ini experiments/stragglers.ini
