"""What tells a run from others, and what it is a part of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.run import Pipeline, Run, pipeline_in
from provisioner.model.trace import Trace

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


def test_a_trace_is_read_and_handed_on() -> None:
    trace = Trace.read(PARENT, "vendor=a=b, other=opaque")

    assert trace == Trace(id=TRACE, parent=SPAN, flags="01", state="")  # a value holds no "="
    trace = Trace.read(f" {PARENT}\t", "vendor=ab ,, 1a@sys=opaque;x:1")
    assert trace is not None
    assert trace.headers("b7ad6b7169203331") == {
        "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
        "tracestate": "vendor=ab,1a@sys=opaque;x:1",
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(PARENT.upper().replace("-01", "-0A"), id="capitals"),
        pytest.param(f"ff-{TRACE}-{SPAN}-01", id="a version that never is"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", id="no trace"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", id="no span"),
        pytest.param(f"{PARENT}-more", id="more than version 00 has"),
        pytest.param(f"00-{TRACE}-{SPAN}", id="no flags"),
        pytest.param(f"00-{TRACE[:-1]}-{SPAN}-01", id="too short"),
        pytest.param(f"{PARENT}\r\nX-Evil: 1", id="a header of its own"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01.more", id="a later version with something behind it"),
        pytest.param(PARENT.replace("0", "\u0660"), id="digits of others"),
    ],
)
def test_what_is_no_trace_is_none(text: str) -> None:
    assert Trace.read(text) is None


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    trace = Trace.read(f"cc-{TRACE}-{SPAN}-ff-what-may-come")

    assert trace is not None
    assert trace.headers(SPAN)["traceparent"] == f"00-{TRACE}-{SPAN}-03"


@pytest.mark.parametrize(
    "state",
    [
        "",
        "UPPER=a",
        "a",
        "a=",
        "a=b,a=c",
        "a=b\r\nX-Evil: 1",
        "a=\u00e9",
        ",".join(f"k{number}=v" for number in range(33)),
        f"a={'b' * 257}",
        ",".join(f"k{number}={'v' * 200}" for number in range(20)),
    ],
)
def test_a_state_that_is_none_is_left_out_and_the_trace_stays(state: str) -> None:
    trace = Trace.read(PARENT, state)

    assert trace is not None
    assert trace.headers(SPAN) == {"traceparent": f"00-{TRACE}-{SPAN}-01"}


@given(st.text(), st.text())
def test_whatever_the_environment_says_no_header_is_broken(parent: str, state: str) -> None:
    for trace in (Trace.read(parent, state), Trace.read(PARENT, state)):
        for value in (trace.headers(SPAN) if trace else {}).values():
            assert value.isascii()
            assert value.isprintable()


def test_a_run_without_an_id_and_a_trace_tells_nothing() -> None:
    assert Run().headers(SPAN) == {}


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "owner/name",
    "GITHUB_RUN_ID": "17",
}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"CI": "true", "GITHUB_ACTIONS": "false"}, None, id="another"),
        pytest.param(
            GITHUB, Pipeline(name="github", url="https://github.example/owner/name/actions/runs/17"), id="GitHub"
        ),
        pytest.param(
            {**GITHUB, "GITHUB_RUN_ATTEMPT": "2"},
            Pipeline(name="github", url="https://github.example/owner/name/actions/runs/17/attempts/2"),
            id="GitHub again",
        ),
        pytest.param({"GITHUB_ACTIONS": "true"}, Pipeline(name="github"), id="GitHub without the rest"),
        pytest.param(
            {
                "TF_BUILD": "True",
                "SYSTEM_COLLECTIONURI": "https://dev.azure.example/us/",
                "SYSTEM_TEAMPROJECT": "Our project",
                "BUILD_BUILDID": "8",
            },
            Pipeline(name="azure-pipelines", url="https://dev.azure.example/us/Our%20project/_build/results?buildId=8"),
            id="Azure Pipelines",
        ),
        pytest.param(
            {"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.example/a/b/-/jobs/3"},
            Pipeline(name="gitlab", url="https://gitlab.example/a/b/-/jobs/3"),
            id="GitLab",
        ),
        pytest.param({"GITLAB_CI": "true", "CI_JOB_URL": "javascript:1"}, Pipeline(name="gitlab"), id="no page"),
        pytest.param({"GITLAB_CI": "true", "CI_JOB_URL": "https://me:key@a/b"}, Pipeline(name="gitlab"), id="a secret"),
        pytest.param({"GITLAB_CI": "true", "CI_JOB_URL": "https://[a/b"}, Pipeline(name="gitlab"), id="broken"),
        pytest.param({"GITLAB_CI": "true", "CI_JOB_URL": "https://a/b\n::c::"}, Pipeline(name="gitlab"), id="lines"),
    ],
)
def test_the_page_of_the_run_is_what_the_pipeline_says(environ: dict[str, str], expected: Pipeline | None) -> None:
    assert pipeline_in(environ) == expected
