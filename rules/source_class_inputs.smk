"""
Input and params functions of the rules that classify the sources of catalogues; see common.smk for what they have in
common with others.
"""

from itertools import chain


def classified_by(how):
    """Return a pattern of the finders whose sources are classified in this way: all or none."""
    return plan.one_of(plan.finders if plan.classifiers.classifies_by(how) else ())


def applied_classifier(suffix):
    """Return an input function for a file of the classifier that is applied to a catalogue."""

    def path_of(wildcards):
        indexed_tiles()
        return plan.classifiers.applied_model.removesuffix(".keras") + suffix

    return path_of


def applied_settings(wildcards):
    """Return the settings with which it is applied."""
    return plan.classifiers.applied_settings


def stamps_of_applied(wildcards):
    """Return the stamps of its files where they come from another run: new ones may be old."""
    return plan.classifiers.applied_stamps


def threads_of_applied(wildcards):
    """Return the processor threads with which it is applied."""
    return plan.classifiers.applied_settings["threads"]


def name_of_applied(wildcards):
    """Return what catalogues call it."""
    return plan.classifiers.applied_name


def components_of_catalogue(wildcards):
    """Return the Gaussians of a catalogue; nothing where the finder fits none."""
    indexed_tiles()
    fits = wildcards.finder in plan.finders_of(*kinds.WITH_COMPONENTS)
    return f"results/{wildcards.mosaic}/catalogues/components/{wildcards.finder}.parquet" if fits else []


def exported_catalogue(wildcards):
    """Return the catalogue that is exported: with classes, if there are some."""
    classified = plan.classifiers.classified(plan.readable_mosaics(indexed_tiles()))
    folder = "catalogues/classified" if wildcards.mosaic in classified else "catalogues"
    return f"results/{wildcards.mosaic}/{folder}/{wildcards.finder}.parquet"


def taught_mosaics(wildcards):
    """Return the mosaics of a training set whose train boxes teach the classes of sources."""
    return plan.classifiers.taught(plan.readable_mosaics(indexed_tiles()), wildcards.training_set)


def of_taught_mosaics(pattern):
    """Return an input function for one path per mosaic of a training set that teaches classes."""

    def paths_of(wildcards):
        return plan.expand(pattern, wildcards, taught_mosaics(wildcards))

    return paths_of


def boxes_of_taught_mosaics(wildcards):
    """Return the boxes of the same mosaics, in their order."""
    return {
        mosaic: plan.sheet_values(mosaic, "train_box", "validation_box")
        for mosaic in taught_mosaics(wildcards)
    }


def with_classes_of(wildcards):
    """Return the mosaic of the wildcards, or those that teach the classes of its training set."""
    return [wildcards.mosaic] if "mosaic" in dict(wildcards) else taught_mosaics(wildcards)


def images_with_classes(wildcards):
    """Return image, beam and frequency of these mosaics."""
    return {
        one: plan.sheet_values(one, "image", "beam", "frequency_hz", "plane")
        for one in with_classes_of(wildcards)
    }


def partners(wildcards):
    """Return, by mosaic, catalogue, image, beam and frequency of each other mosaic of its field."""
    readable = plan.readable_mosaics(indexed_tiles())
    return {
        mosaic: [
            {"catalogue": f"results/{other}/catalogues/{wildcards.finder}.parquet"}
            | plan.sheet_values(other, "image", "beam", "frequency_hz", "plane")
            for other in plan.classifiers.partners(readable, mosaic)
        ]
        for mosaic in with_classes_of(wildcards)
    }


def catalogues_of_partners(wildcards):
    """Return the catalogues of these other mosaics."""
    return [partner["catalogue"] for partner in chain(*partners(wildcards).values())]


def images_of_partners(wildcards):
    """Return all images that the classes of sources are told from."""
    of_partners = chain(*partners(wildcards).values())
    return [one["image"] for one in chain(images_with_classes(wildcards).values(), of_partners)]


def name_of_truth(wildcards):
    """Return what catalogues call the classes that come from a truth."""
    return f"truth of {plan.sheet_value(wildcards.mosaic, 'training_set')}"


def of_classified_truths(pattern):
    """Return an input function for one path per mosaic with truth and finder, if classes come from truths."""

    def paths_of(wildcards):
        tiles = indexed_tiles()
        classified = plan.classifiers.classified(plan.readable_mosaics(tiles))
        scored = [mosaic for mosaic in plan.scored_mosaics(tiles) if mosaic in classified]
        return plan.expand(pattern, wildcards, scored if plan.classifiers.classifies_by("truth") else [])

    return paths_of
