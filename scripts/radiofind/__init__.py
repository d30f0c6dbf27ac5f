"""The science of radiofind: functions on arrays and tables that know nothing of Snakemake."""
