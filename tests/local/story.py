"""A job's acts in an environment of its own, each played once, by whichever test asks first."""

from __future__ import annotations

from typing import cast

from managed_flink_local import environment
from managed_flink_local.acts import Act, DemoRun, NewVersion, SickVersion
from managed_flink_local.environment import Environment
from managed_flink_local.pipeline import Pipeline
from managed_flink_local.progress import Progress
from managed_flink_local.rollout import Rollout
from tests import environments

ORDER = ("first_deploy", "new_version", "sick_version")


def shown(act: Act) -> str:
    """What to say of an act that was not good."""
    return "\n".join([act.title, *map(str, act.comparisons), *act.problems])


class Story:
    """The acts of one job; after a failure the next test gets a new environment.

    Each test may be run alone: the acts before the one it asks for are played first.
    """

    def __init__(self, job: str) -> None:
        self._job = job
        self._begin()

    def _begin(self) -> None:
        self._environment: Environment | None = None
        self._rollout: Rollout | None = None
        self._performance: DemoRun | None = None
        self._played: dict[str, Act] = {}
        self._spoiled = False

    @property
    def environment(self) -> Environment:
        """The running environment."""
        if self._environment is None:
            self._environment = environments.start(f"tests-{self._job}")
        return self._environment

    @property
    def rollout(self) -> Rollout:
        """What deploys the job."""
        if self._rollout is None:
            self._rollout = Rollout(self.environment, Progress(), self._job)
        return self._rollout

    @property
    def performance(self) -> DemoRun:
        """What plays the acts; nothing need be deployed yet."""
        if self._performance is None:
            self._performance = DemoRun(self.rollout)
        return self._performance

    @property
    def pipeline(self) -> Pipeline:
        """A pipeline that runs, after whichever act."""
        if not self._played:
            self.first_deploy()
        pipeline = self.performance.pipeline
        assert pipeline is not None
        return pipeline

    def begun_anew(self) -> Rollout:
        """An environment in which nothing was deployed."""
        if self._performance is not None:
            self.end()
        return self.rollout

    def first_deploy(self) -> Act:
        """The first act."""
        return self._act("first_deploy")

    def new_version(self) -> NewVersion:
        """The second act, after the first."""
        return cast("NewVersion", self._act("new_version"))

    def sick_version(self) -> SickVersion:
        """The third act, after the second."""
        return cast("SickVersion", self._act("sick_version"))

    def _act(self, name: str) -> Act:
        if self._spoiled and name not in self._played:
            self.end()
        for each in ORDER[: ORDER.index(name) + 1]:
            if each not in self._played:
                act = self._play(each)
                assert act.good, shown(act)
        return self._played[name]

    def _play(self, name: str) -> Act:
        try:
            act: Act = getattr(self.performance, name)()
        except BaseException:
            self.end()
            raise
        self._played[name] = act
        if not act.good:
            self.end()
        return act

    def spoil(self) -> Pipeline:
        """The running pipeline, for what is not counted: no further act is played on it."""
        pipeline = self.pipeline
        self._spoiled = True
        return pipeline

    def end(self) -> None:
        """Stop the environment; whoever asks next begins anew."""
        if self._environment is not None:
            environment.stop(self._environment.state)
        self._begin()
