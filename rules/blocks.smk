"""
Input and params functions of the rules of finders, which search the tiles of a block; see common.smk for what they
have in common with others.
"""


def of_tiles_in_block(pattern):
    """Return an input function for one path per tile of the block that holds valid pixels."""

    def paths_of(wildcards):
        tiles = plan.tiles_of_block(indexed_tiles(), wildcards.mosaic, wildcards.block)
        return [pattern.format(mosaic=wildcards.mosaic, tile=tile) for tile in tiles]

    return paths_of


def of_blocks(pattern):
    """Return an input function for one path per block of tiles that a finder searches in a mosaic."""

    def paths_of(wildcards):
        blocks = plan.blocks(indexed_tiles(), wildcards.mosaic, wildcards.finder)
        return [pattern.format(**wildcards, block=block) for block in blocks]

    return paths_of


def finder_settings(wildcards):
    """Return the settings of a finder on which its results depend."""
    settings = config["finders"][wildcards.finder]
    return {key: value for key, value in settings.items() if key != "tiles_per_job"}


def settings_of(*keys):
    """Return a params function for some settings of a finder."""

    def values_of(wildcards):
        return {key: plan.finders[wildcards.finder][key] for key in keys}

    return values_of


def setting(key):
    """Return a function for one setting of a finder."""

    def value_of(wildcards):
        return plan.finders[wildcards.finder][key]

    return value_of
