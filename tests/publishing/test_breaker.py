"""The breaker: what messages or the clock would take away beyond a share waits for a person; the rest of the hub goes on.

The stories are those of an attacker with a stolen account, and of the engineer who finds the release held at three in the morning.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.audit import audit, examined
from pipelines.ground.clock import instant_of
from pipelines.ground.errors import InputError
from pipelines.ground.settings import Settings
from pipelines.operations import answer, decide, held, publish, question, tidy
from pipelines.publishing.leaving import REASONS
from pipelines.publishing.verify import verify
from pipelines.storage.held import HeldRelease
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.manifest import latest, releases
from tests.conftest import AS_OF, GOOD_CODES, Home, second_route_left_out
from tests.effects import dies_before
from tests.publishing.penalties import PENALTY, PRODUCTS, sent

LATER = AS_OF + timedelta(days=1)
OF_SICHUAN, OF_YUNNAN = 120, 60
STOLEN = 100
WHY = "已与四川核实，确为批量更正"


def opened(root: Path) -> Home:
    return Home(Hub.open(Settings.read(root)))


def numbered(province: str, numbers: Sequence[int]) -> list[dict[str, str]]:
    return [{"document_number": f"{province}市监处罚〔2026〕{number}号"} for number in numbers]


def naming(province: str, numbers: Sequence[int], **more: str) -> list[dict[str, str]]:
    return [
        {"record_document_number": f"{province}市监处罚〔2026〕{number}号", "source_name": province} | more
        for number in numbers
    ]


@pytest.fixture(autouse=True, scope="module")
def without_the_second_route() -> Iterator[None]:
    with second_route_left_out():
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two provinces' penalties in every product."""
    home = opened(tmp_path_factory.mktemp("template") / "home")
    home.drop("sichuan", PENALTY, sent(PENALTY, *numbered("锦川", range(OF_SICHUAN))))
    home.drop("yunnan", PENALTY, sent(PENALTY, *numbered("滇池", range(OF_YUNNAN))), name="b.csv")
    home.collect(AS_OF)
    home.publish_all(AS_OF)
    return home.root


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Home:
    return opened(Path(shutil.copytree(template, tmp_path / "home")))


@pytest.fixture(scope="module")
def stolen(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody has Sichuan's account and withdraws most of what Sichuan sent; the next publish has run."""
    home = opened(Path(shutil.copytree(template, tmp_path_factory.mktemp("stolen") / "home")))
    withdraw(home, range(STOLEN))
    home.publish_all(LATER)
    return home.root


@pytest.fixture
def after(stolen: Path, tmp_path: Path) -> Home:
    return opened(Path(shutil.copytree(stolen, tmp_path / "home")))


def withdraw(home: Home, numbers: Sequence[int], name: str = "w.csv", **more: str) -> None:
    home.drop("sichuan", "record_withdrawal", sent("record_withdrawal", *naming("锦川", numbers, **more)), name=name)
    [receipt] = home.collect(LATER)
    assert receipt["rows"]["accepted"] == len(numbers), receipt["rules"]


def rows(home: Home) -> dict[str, int]:
    return {product: home.shared(product).height for product in PRODUCTS}


def approve(home: Home, some: Sequence[HeldRelease], **more: Any) -> None:
    decide(home.hub, [one.held_id for one in some], **{"approve": True, "why": WHY, "by": "王主任", "at": LATER} | more)


def test_a_stolen_account_that_withdraws_what_its_province_sent_takes_nothing_away(after: Home) -> None:
    assert rows(after) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN)
    waiting = held(after.hub)
    assert [one.product_id for one in waiting] == sorted(PRODUCTS)
    for one in waiting:
        assert one.by("asked_by") == one.by("record_provider") == {"sichuan": STOLEN}
        assert one.by("reason") == {"withdrawn": STOLEN}
        assert (one.leaving, one.rows_before) == (STOLEN, OF_SICHUAN + OF_YUNNAN)
        assert [(it.provider_id, it.leaving, it.of) for it in one.exceeded] == [
            (None, STOLEN, OF_SICHUAN + OF_YUNNAN),
            ("sichuan", STOLEN, OF_SICHUAN),
        ]
        assert "锦川市监处罚〔2026〕0号" in str(one.sample)
    assert audit(after.hub) == []
    assert not list(after.root.glob("shared/*/failures/*")), "it was not refused"


def test_old_releases_keep_what_a_held_release_would_take_down(after: Home) -> None:
    for product in PRODUCTS:
        [first] = releases(after.hub.home, product)
        folder = after.root / "shared" / product / first / "data"
        assert pl.read_parquet(list(folder.glob("*.parquet")), hive_partitioning=False).height == OF_SICHUAN + OF_YUNNAN
        assert verify(after.hub, product).damage == ()


def test_other_products_are_released_while_one_is_held(after: Home) -> None:
    manifest = latest(after.hub.home, "record_withdrawal")
    assert manifest is not None
    assert manifest.rows == STOLEN


def test_the_same_candidate_is_held_under_the_same_id_and_told_once(after: Home) -> None:
    before = [one.to_json() for one in held(after.hub)]
    again = [one for one in after.publish_all(LATER + timedelta(days=1)) if one.held is not None]
    assert [one.to_json() for one in held(after.hub)] == before
    assert [one.newly_held for one in again] == [False] * len(PRODUCTS)
    shutil.rmtree(after.root / "state/held")
    after.publish_all(LATER)
    assert [one.held_id for one in held(after.hub)] == [one["held_id"] for one in before], "it comes from its content"


def test_what_was_approved_is_released_and_the_manifest_says_by_whose_word(after: Home) -> None:
    waiting = held(after.hub)
    approve(after, waiting)
    assert rows(after) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN), "an approval alone publishes nothing"
    after.publish_all(LATER)
    assert rows(after) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN - STOLEN)
    for one in waiting:
        manifest = latest(after.hub.home, one.product_id)
        assert manifest is not None
        [said] = manifest.approved
        assert (said.held_id, said.by, said.why, said.at) == (one.held_id, "王主任", WHY, LATER.isoformat())
    assert held(after.hub) == []
    assert not list((after.root / "state/held").glob("*/*"))
    entered = ledger(after.hub.home, "approvals").read()
    assert sorted(entered["held_id"]) == sorted(one.held_id for one in waiting)
    assert set(entered["decision"]) == {"approved"}
    assert set(entered["records"]) == {STOLEN}
    assert examined(after.hub) == []


def test_an_approval_is_for_what_was_shown_and_no_more(after: Home) -> None:
    """A few more pass with it; as many again are held again, and only they are shown."""
    approve(after, held(after.hub))
    withdraw(after, range(STOLEN, STOLEN + 5), name="few.csv")
    home = after
    home.drop("yunnan", "record_withdrawal", sent("record_withdrawal", *naming("滇池", range(55))), name="y.csv")
    home.collect(LATER)
    home.publish_all(LATER)
    assert rows(home) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN)
    new = [one for one in held(home.hub) if one.decision is None]
    assert {one.product_id for one in new} == set(PRODUCTS)
    assert all(one.by("record_provider") == {"yunnan": 55, "sichuan": 5} for one in new)
    approve(home, new)
    home.publish_all(LATER)
    assert rows(home) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN - STOLEN - 5 - 55)
    manifest = latest(home.hub.home, PENALTY)
    assert manifest is not None
    assert len(manifest.approved) == 2


def test_few_more_beyond_an_approval_are_below_the_share(after: Home) -> None:
    approve(after, held(after.hub))
    withdraw(after, range(STOLEN, STOLEN + 5), name="few.csv")
    after.publish_all(LATER)
    assert rows(after) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN - STOLEN - 5)


def test_few_more_while_it_waits_leave_the_id_as_it_is(after: Home) -> None:
    """Or an id read in the evening could not be approved in the morning."""
    ids = [one.held_id for one in held(after.hub)]
    withdraw(after, range(STOLEN, STOLEN + 5), name="few.csv")
    after.publish_all(LATER)
    assert [one.held_id for one in held(after.hub)] == ids


def test_many_more_while_it_waits_are_a_new_question(after: Home) -> None:
    ids = [one.held_id for one in held(after.hub)]
    after.drop("yunnan", "record_withdrawal", sent("record_withdrawal", *naming("滇池", range(55))), name="y.csv")
    after.collect(LATER)
    after.publish_all(LATER)
    now = held(after.hub)
    assert not {one.held_id for one in now} & set(ids)
    assert [one.by("record_provider") for one in now] == [{"sichuan": STOLEN, "yunnan": 55}] * len(PRODUCTS)
    with pytest.raises(InputError, match=now[0].held_id):
        decide(after.hub, ids, approve=True, why=WHY, by="王主任", at=LATER)


def test_a_refused_release_stays_held_and_says_so_and_can_be_approved_later(after: Home) -> None:
    approve(after, held(after.hub), approve=False, why="账号被盗用，已通知四川")
    after.publish_all(LATER)
    assert rows(after) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN)
    said = [one.decision for one in held(after.hub)]
    assert {one.decision for one in said if one is not None} == {"refused"}
    assert question(after.hub) is None, "nobody is asked again"
    approve(after, held(after.hub))
    after.publish_all(LATER)
    assert rows(after)[PENALTY] == OF_SICHUAN + OF_YUNNAN - STOLEN
    assert ledger(after.hub.home, "approvals").read().height == 2 * len(PRODUCTS)


def test_the_owner_of_the_account_undoes_what_was_forged_and_nothing_ever_left(after: Home) -> None:
    before = {product: releases(after.hub.home, product) for product in PRODUCTS}
    undo = {"withdrawal_state": "撤销撤回", "source_updated_at": "2026-11-23 08:00:00"}
    withdraw(after, range(STOLEN), name="undo.csv", **undo)
    after.publish_all(LATER)
    assert held(after.hub) == []
    assert {product: releases(after.hub.home, product) for product in PRODUCTS} == before
    assert examined(after.hub) == []


def test_what_is_held_is_not_erased_from_the_lake_however_long_it_waits(after: Home) -> None:
    late = LATER + timedelta(days=60)
    done = tidy(after.hub, late)
    assert done.erased == {}
    approve(after, held(after.hub))
    after.publish_all(late)
    assert tidy(after.hub, late + timedelta(days=29)).erased == {}
    assert tidy(after.hub, late + timedelta(days=30)).erased == {PENALTY: STOLEN}


@pytest.mark.parametrize(
    "place",
    [f"state/held/{PENALTY}/{PENALTY}-#.parquet", f"state/held/{PENALTY}/{PENALTY}-#.json", "lake/ledger/takedowns"],
)
def test_a_run_that_dies_while_it_holds_a_release_is_followed_by_one_that_holds_it(
    home: Home, stolen: Path, place: str
) -> None:
    withdraw(home, range(STOLEN))
    with dies_before("create" if "ledger" in place else "replace", place, root=home.root):
        home.publish_all(LATER)
    home.publish_all(LATER)
    assert [one.to_json() for one in held(home.hub)] == [one.to_json() for one in held(opened(stolen).hub)]
    assert rows(home) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN)
    assert examined(home.hub) == []


@pytest.mark.parametrize("place", ["lake/ledger/approvals", f"state/held/{PENALTY}/{PENALTY}-#.json"])
def test_an_approval_that_died_is_given_again_and_counts_once(after: Home, place: str) -> None:
    waiting = held(after.hub)
    with dies_before("create" if "ledger" in place else "replace", place, root=after.root):
        approve(after, waiting)
    after.publish_all(LATER)
    assert rows(after)[PENALTY] == OF_SICHUAN + OF_YUNNAN, "half an approval is none"
    approve(after, waiting)
    after.publish_all(LATER)
    assert rows(after) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN - STOLEN)
    assert ledger(after.hub.home, "approvals").read().height == len(PRODUCTS)
    assert examined(after.hub) == []


def test_a_release_after_an_approval_that_died_behind_its_pointer_is_not_asked_about_again(after: Home) -> None:
    approve(after, held(after.hub))
    with dies_before("replace", f"state/sources/{PENALTY}.json", root=after.root):
        after.publish_all(LATER)
    after.publish_all(LATER)
    assert held(after.hub) == []
    assert rows(after) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN - STOLEN)
    assert examined(after.hub) == []


def test_a_clock_that_was_set_wrong_takes_nothing_from_the_public(home: Home) -> None:
    far = instant_of("2099-01-01")
    home.publish_all(far)
    assert rows(home) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN)
    waiting = {one.product_id: one for one in held(home.hub)}
    assert set(waiting) == set(PRODUCTS[1:]), "the government set has no clock"
    assert waiting[PRODUCTS[2]].by("asked_by") == {None: OF_SICHUAN + OF_YUNNAN}
    home.publish_all(LATER)
    assert held(home.hub) == []
    assert rows(home) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN)
    assert examined(home.hub) == []


def test_a_few_records_never_make_a_release_wait_whatever_share_they_are(tmp_path: Path) -> None:
    home = opened(tmp_path / "home")
    home.drop("sichuan", PENALTY, sent(PENALTY, *numbered("锦川", range(49))))
    home.collect(AS_OF)
    home.publish_all(AS_OF)
    withdraw(home, range(49))
    home.publish_all(LATER)
    assert (rows(home), held(home.hub)) == (dict.fromkeys(PRODUCTS, 0), [])


def test_the_first_release_never_waits(tmp_path: Path) -> None:
    home = opened(tmp_path / "home")
    home.drop("sichuan", PENALTY, sent(PENALTY, *numbered("锦川", range(OF_SICHUAN))))
    home.collect(AS_OF)
    withdraw(home, range(OF_SICHUAN))
    home.publish_all(LATER)
    assert (rows(home), held(home.hub)) == (dict.fromkeys(PRODUCTS, 0), [])


def test_who_asked_and_whose_records_they_are_is_what_a_person_is_asked(after: Home) -> None:
    asked = question(after.hub)
    assert asked is not None
    assert asked.subject == f"3 个产品暂缓发布，共有 {3 * STOLEN} 条记录将撤下，是否批准？"
    assert asked.body.count("| 四川省公共信用信息平台 | 四川省公共信用信息平台 | 已撤回 | 100 |") == 3
    assert "限度 50%" in asked.body
    assert "限度 10%" in asked.body
    assert GOOD_CODES[0] in asked.body
    assert "成都蜀锦" not in asked.body, "no name of a subject"


def test_an_answer_is_acted_on_only_for_what_was_asked_and_only_where_somebody_gave_it(after: Home) -> None:
    asked = question(after.hub)
    assert asked is not None
    said = {
        "chosen_options": ["Approve"],
        "params_input": {"why": WHY},
        "responded_by_user": {"id": "7", "name": "王主任"},
        "responded_at": LATER.isoformat(),
    }
    assert answer(after.hub, vars(asked), None, as_of=LATER) == []
    assert answer(after.hub, vars(asked), {**said, "responded_by_user": None}, as_of=LATER) == []
    assert answer(after.hub, {**vars(asked), "ids": ["another"]}, said, as_of=LATER) == []
    with pytest.raises(InputError, match="is no reason"):
        answer(after.hub, vars(asked), {**said, "params_input": {}}, as_of=LATER)
    assert rows(after) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN)
    assert {one.product_id for one in answer(after.hub, vars(asked), said, as_of=LATER) if one.new} == {
        *PRODUCTS,
        "subject",
    }
    assert rows(after) == dict.fromkeys(PRODUCTS, OF_SICHUAN + OF_YUNNAN - STOLEN)


def test_every_reason_that_messages_and_the_clock_give_is_looked_at(home: Home) -> None:
    explained = set(home.hub.catalog.policies.releases.explained_by) - {"superseded", "catalogue"}
    assert {reason for some in REASONS.values() for reason in some} == explained


def test_a_held_release_is_written_as_it_is_read(after: Home) -> None:
    [path] = sorted((after.root / "state/held" / PENALTY).glob("*.json"))
    assert HeldRelease.read(path).to_json() == json.loads(path.read_text(encoding="utf-8"))
    assert publish(after.hub, product=PENALTY, as_of=LATER)[0].held is not None
