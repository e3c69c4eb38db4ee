"""Settings that a job's ``SET`` may not make on the service, and those that it should not."""

# What the service does by itself, whatever the code says ("Checkpointing", "Flink configuration
# settings that can be modified" in the developer guide). A script that sets them and is tried on
# another Flink would prove something that never happens on the service.
_CHECKPOINTING = (
    "the service takes it from the application: use checkpointing=Checkpointing(...) of the stack"
)
_STATE = "the service keeps the job's state in a place and form of its own: leave it out"
_RESTORE = "the service restores from the application's snapshots when it starts it: leave it out"
_CLUSTER = "it belongs to the cluster, which the service runs: leave it out"
_JAR = "the job's one jar is built from its connectors, and is named in the run options"
_WITHOUT_EFFECT = {
    "execution.checkpointing.": _CHECKPOINTING,
    "state.": _STATE,
    "execution.savepoint": _RESTORE,
    "execution.state-recovery.": _RESTORE,
    "pipeline.jars": _JAR,
    "pipeline.classpaths": _JAR,
    **dict.fromkeys(
        (
            "blob.",
            "cluster.",
            "env.",
            "execution.attached",
            "execution.target",
            "fs.",
            "heartbeat.",
            "high-availability",
            "io.tmp.dirs",
            "jobmanager.",
            "kubernetes.",
            "metrics.",
            "plugin.",
            "process.",
            "rest.",
            "s3.",
            "security.",
            "taskmanager.",
            "web.",
        ),
        _CLUSTER,
    ),
}
_PARALLELISM = (
    "it has effect, and takes the job out of the application's hands: neither its parallelism nor "
    "its autoscaling reaches the job any more. Use parallelism=Parallelism(...) of the stack"
)
_UNWISE = {
    "parallelism.default": _PARALLELISM,
    "table.exec.resource.default-parallelism": _PARALLELISM,
}

# Methods of PyFlink's environments and configurations, by what the service says of their settings.
_CALLS_WITHOUT_EFFECT = {
    "enable_checkpointing": _CHECKPOINTING,
    "get_checkpoint_config": _CHECKPOINTING,
    "set_checkpoint_storage": _STATE,
    "set_checkpoint_storage_dir": _STATE,
    "set_state_backend": _STATE,
    "set_default_savepoint_directory": _STATE,
    "add_jars": _JAR,
}
_UNWISE_CALLS = {"set_parallelism": _PARALLELISM}


def why_without_effect(key: str) -> str | None:
    """Why the service ignores this setting, and what to do; None if the service heeds it."""
    return next((why for prefix, why in _WITHOUT_EFFECT.items() if key.startswith(prefix)), None)


def why_unwise(key: str) -> str | None:
    """What this setting costs on the service; None if nothing."""
    return _UNWISE.get(key)


def why_call_without_effect(method: str) -> str | None:
    """Why the service ignores what this method of PyFlink sets; None if it heeds it."""
    return _CALLS_WITHOUT_EFFECT.get(method)


def why_call_unwise(method: str) -> str | None:
    """What calling this method of the environment itself costs; None if nothing."""
    return _UNWISE_CALLS.get(method)
