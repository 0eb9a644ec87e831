"""`/metrics`: well formed, telling what happened, bounded, and silent about codes and people."""

import json

import httpx

from gateway import ROOT
from metrics import declared, families, named_in, scrape, value
from waiting import eventually


def test_only_who_may_read_gets_metrics(daemon):
    assert httpx.get(f"{daemon.url}/metrics", verify=False).status_code == 401
    assert value(scrape(daemon), "bitting_api_key_failures_total") >= 1


def test_every_family_has_a_sentence_and_a_name_of_its_own(daemon):
    found = families(scrape(daemon))
    assert len(found) > 40
    for name, family in found.items():
        assert family.documentation.endswith("."), name
        assert name.startswith(("bitting_", "process_")), name
        assert family.type in ("counter", "gauge", "histogram", "info"), name


def test_a_code_that_is_set_and_used_shows_in_jobs_codes_events_and_bytes(daemon, front_door, make_code):
    before = scrape(daemon)
    code = make_code(front_door, name="Ada Lovelace")
    daemon.wait_for_code(code["access_code_id"], status="set")
    daemon.type_code(front_door["device_id"], code["code"])
    after = scrape(daemon)

    def grown(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown("bitting_jobs_total", kind="program", outcome="done") >= 1
    assert grown("bitting_job_duration_seconds_count", kind="program") >= 1
    assert grown("bitting_events_total", type="access_code.set_on_device") >= 1
    assert grown("bitting_events_total", type="lock.unlocked") >= 1
    assert grown("bitting_store_commits_total") >= 2
    assert grown("bitting_link_transferred_bytes_total", direction="sent") > 0
    assert grown("bitting_http_requests_total", route="/access_codes/create", status="200") == 1
    assert value(after, "bitting_access_codes", status="set") >= 1
    assert value(after, "bitting_lock_online", lock="Front Door") == 1
    # Whoever reads metrics learns neither PINs nor who has them.
    assert "Ada" not in after and code["access_code_id"] not in after
    labels = [text for family in families(after).values() for sample in family.samples
              for text in (sample.name, *sample.labels.values())]
    assert not any(code["code"] in text for text in labels)


def test_paths_that_are_none_do_not_make_metrics_of_their_own(daemon):
    for number in range(50):
        httpx.get(f"{daemon.url}/nowhere/{number}", verify=False)
    text = scrape(daemon)
    assert value(text, "bitting_http_requests_total", route="none", status="404") >= 50
    assert "nowhere" not in text


def test_what_the_kernel_measures_is_there(daemon):
    text = scrape(daemon)
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                 "process_start_time_seconds", "bitting_process_wakeups_total", "bitting_disk_free_bytes", "bitting_loops"):
        assert value(text, name) > 0, name
    # None reach a disk where the folder of the tests is in memory.
    assert value(text, "bitting_process_written_bytes_total") >= 0
    assert value(text, "bitting_loops_stuck") == 0
    assert eventually(lambda: value(scrape(daemon), "bitting_link_up"), "links are up") >= 1


def test_every_query_of_the_dashboard_and_of_the_alerts_names_metrics_that_exist():
    known = set(declared().values())
    dashboard = json.loads((ROOT / "packaging/grafana/bitting.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    queries += [variable["definition"] for variable in dashboard["templating"]["list"] if "definition" in variable]
    assert len(queries) > 25
    for query in queries:
        assert named_in(query) and named_in(query) <= known, query
    # The name of a package is none of a metric.
    page = (ROOT / "docs/operations.md").read_text().replace("bitting_VERSION_ARCH", "")
    assert named_in(page) <= known | set(declared())


def test_every_metric_is_explained_and_what_a_scrape_gives_is_declared(daemon):
    page = (ROOT / "docs/operations.md").read_text()
    assert [name for name in declared().values() if f"`{name}`" not in page] == []
    assert set(families(scrape(daemon))) <= set(declared())
