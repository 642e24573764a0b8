"""`make bench`: what the platform does in a second, each figure beside a reference from the same run. See bench/README.md."""
