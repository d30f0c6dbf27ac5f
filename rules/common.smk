"""Configuration, mosaic sheet, plan, and wildcard constraints."""

import sys
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

# Not workflow.basedir: where this workflow is a module of another one, that is the folder of the other.
REPOSITORY = Path(str(workflow.current_basedir)).parent

sys.path.insert(0, str(REPOSITORY / "scripts"))

from radiofind.finders import kinds
from radiofind.jobs.code_digest import digest_of
from radiofind.mosaics.blocks import PATTERN as BLOCK
from radiofind.mosaics.sizes import sizes_of
from radiofind.workflow.config.inputs import InputError, read_inputs
from radiofind.workflow.config.surveys import check_survey_files
from radiofind.workflow.plan.classifiers import MEMBER, ClassifierPlan
from radiofind.workflow.plan.frozen_models import FrozenPlan
from radiofind.workflow.plan.injections import InjectionPlan
from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.record import RecordPlan
from radiofind.workflow.plan.sizes import SizePlan
from radiofind.workflow.plan.source_classes import SourceClassPlan
from radiofind.workflow.plan.survey import SurveyPlan
from radiofind.workflow.plan.survey_products import SurveyProductPlan
from radiofind.workflow.plan.training import TrainingPlan
from snakemake_logger_plugin_survey import end_run, watch

watch(workflow)

# Not by `configfile:`, which Snakemake passes over where this workflow is a module that is given a `config:`.
given_config, config = config, load_configfile(REPOSITORY / "config/config.yaml")
update_config(config, given_config)

try:
    config, mosaics = read_inputs(config, repository=REPOSITORY, overlays=workflow.overwrite_configfiles)
    if workflow.is_main_process:
        check_survey_files([row for row in mosaics if not row.like], config=config)
except InputError as error:
    raise WorkflowError(str(error))

plan = Plan(config, mosaics)
sizes = SizePlan(plan)
training = TrainingPlan(plan)
frozen = FrozenPlan(plan)
classifiers = ClassifierPlan(plan)
source_classes = SourceClassPlan(plan)
survey = SurveyPlan(plan, source_classes)
survey_products = SurveyProductPlan(survey)
injections = InjectionPlan(plan, survey)
record = RecordPlan(plan, classifiers, source_classes, survey_products, injections)


wildcard_constraints:
    mosaic=plan.one_of(plan.mosaics),
    simulation=plan.one_of(config["simulations"]),
    training_set=plan.one_of(plan.training_sets),
    finder=plan.one_of(config["find_with"]),
    tile=r"y\d\d\d+x\d\d\d+",
    block=BLOCK,
    dataset=plan.one_of(classifiers.datasets),
    network=plan.one_of(classifiers.networks),
    member=MEMBER,
    realisation=plan.one_of(injections.realisations),


localrules:
    all,
    index_tiles,
