"""The runs of a sweep on a cluster: one run a task, and a failure is told and stops no other."""

import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline import cli, driver, ray_runs


class RayError(Exception):
    pass


class Cluster:
    """What stands for Ray: a task runs when its result is asked for, the last one first."""

    class exceptions:  # noqa: N801 - as Ray calls it
        RayError = RayError

    def __init__(self, cpus=8, gpus=0):
        self.resources = {"CPU": cpus, "GPU": gpus}
        self.options = []

    def cluster_resources(self):
        return self.resources

    def remote(self, **options):
        self.options.append(options)

        def wrap(function):
            class Task:
                @staticmethod
                def remote(*arguments):
                    return lambda: function(*arguments)

            return Task

        return wrap

    def wait(self, waiting, num_returns):
        return [waiting[-1]], waiting[:-1]

    def get(self, ready):
        return ready()


@pytest.fixture
def cluster(monkeypatch):
    found = Cluster()
    monkeypatch.setattr(ray_runs, "start_ray", lambda address: found)
    return found


@pytest.fixture
def runs(outputs, monkeypatch, small_notebooks):
    """Three runs, of which the second fails and the third loses its machine."""

    def run_pipeline(parameters, start, steps):
        if parameters["run_name"] == "b":
            raise TweetsentError("no room: make some")
        if parameters["run_name"] == "c":
            raise RayError("a node\ndied")
        return outputs / parameters["run_name"]

    monkeypatch.setattr(driver, "run_pipeline", run_pipeline)
    return [{"run_name": name, "device": "auto"} for name in "abcd"]


def test_runs_that_fail_are_told_and_the_others_come_back_in_order(cluster, runs, outputs, capsys):
    found = ray_runs.run_each_with_ray(runs, [], None)
    assert list(found.items()) == [("a", outputs / "a"), ("d", outputs / "d")]
    printed = capsys.readouterr()
    assert "b: no room: make some" in printed.err and "c: died" in printed.err
    assert cluster.options == [{"num_cpus": 2, "num_gpus": 0, "max_retries": 3}]


@pytest.mark.parametrize(("device", "gpus"), [("auto", 1), ("cpu", 0)])
def test_a_run_gets_a_gpu_where_there_is_one_and_it_wants_one(cluster, runs, device, gpus):
    cluster.resources["GPU"] = 2
    ray_runs.run_each_with_ray([runs[0] | {"device": device}], [], None)
    assert cluster.options[0]["num_gpus"] == gpus


def test_the_command_spreads_several_runs_and_refuses_one(cluster, small_notebooks, capsys):
    assert cli.main(["run", "--engine", "ray"]) == 1
    assert "give --seeds or --sweep" in capsys.readouterr().err
