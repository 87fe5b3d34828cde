"""The exercise format: notebooks, solution regions, bundles, recorded values."""
