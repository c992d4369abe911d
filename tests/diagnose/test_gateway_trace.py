"""The gateway's trace: order and messages are read, headers are not."""

import json

import pytest

from apimdoctor.diagnose.gateway_trace import read
from apimdoctor.errors import ApimDoctorError

ENTRIES = {
    "inbound": [
        {
            "source": "api-inspector",
            "data": {"request": {"headers": [{"name": "Authorization", "value": "Bearer canary"}]}},
        },
        {
            "source": "authentication-managed-identity",
            "data": {"message": "A token was added to the Authorization header."},
        },
        {"source": "validate-jwt", "data": {"messages": ["JWT Validation Failed: IDX10205"]}},
    ]
}


@pytest.mark.parametrize(
    "shape",
    [
        {"traceId": "t", "traceEntries": ENTRIES},
        {"serviceName": "s", "traceEntries": ENTRIES["inbound"]},
        ENTRIES,
        ENTRIES["inbound"],
    ],
)
def test_the_order_of_execution_is_read_from_every_shape_of_export(shape: object) -> None:
    assert read(json.dumps(shape)).ran_before("authentication-managed-identity", "validate-jwt")


def test_no_header_of_the_trace_is_kept() -> None:
    assert "canary" not in repr(read(json.dumps({"traceEntries": ENTRIES})))


def test_messages_come_through_with_the_step_that_said_them() -> None:
    assert "validate-jwt: JWT Validation Failed: IDX10205" in read(json.dumps({"traceEntries": ENTRIES})).text


@pytest.mark.parametrize("raw", ["", "{}", "[1", '"x"', "[" * 100_000, '{"properties": 3}'])
def test_a_file_that_is_no_trace_is_refused_in_one_sentence(raw: str) -> None:
    with pytest.raises(ApimDoctorError) as refused:
        read(raw)
    assert refused.value.hint and "\n" not in refused.value.message
