"""What an operation says of a failed start: the service's text, not Flink's.

It begins with a preface and the frames of the service's own REST handler, and the API allows 512
characters: the cause, which comes last, is cut off. Whoever wants it reads the application's log.
"""

from __future__ import annotations

_MOST_CHARACTERS = 512
_PREFACE = (
    "Amazon Managed Service for Apache Flink failed to transition the application to the desired "
    "state. The application is being transitioned to READY state. Please investigate the "
    "following error. org.apache.flink.runtime.rest.handler.RestHandlerException: Could not "
    "execute application. "
)
_FRAMES = (
    "at org.apache.flink.runtime.webmonitor.handlers.JarRunOverrideHandler.lambda$handleRequest$4"
    "(JarRunOverrideHandler.java:248) at java.base/java.util.concurrent.CompletableFuture"
    ".uniHandle(CompletableFuture.java:930) at java.base/java.util.concurrent.CompletableFuture"
    "$UniHandle.tryFire(CompletableFuture.java:907) Caused by: "
)


def failed_start(trace: str) -> str:
    """The error of an operation whose job did not come to run, from Java's trace of it."""
    return f"{_PREFACE}{_FRAMES}{' '.join(trace.split())}"[:_MOST_CHARACTERS]
