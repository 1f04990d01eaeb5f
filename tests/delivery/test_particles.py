"""Korean particles: the one that fits where the sound is certain, both where it is not."""

import pytest

from bot.delivery.particles import settled


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("서비스이(가)", "서비스가"),
        ("시크릿이(가)", "시크릿이"),
        ("파드을(를) 보고 로그은(는)", "파드를 보고 로그는"),
        ("컨테이너 (main)이(가)", "컨테이너 (main)이"),
        ('"user"을(를)', '"user"를'),
        ("설정 `DB_USER` 은(는)", "설정 `DB_USER`는"),
        ("512Mi에서 1Gi(으)로", "512Mi에서 1Gi로"),
        ("1536(으)로", "1536으로"),
        ("7(으)로", "7로"),
        ("10과(와)", "10과"),
        ("1.26.0과(와)", "1.26.0과"),
        ("v1beta1과(와)", "v1beta1과"),
        ("서울(으)로 길(으)로 집(으)로", "서울로 길로 집으로"),
        ("prometheus이(가)", "prometheus가"),
        ("user-service이(가)", "user-service가"),
        ("board_db을(를)", "board_db를"),
        ("wealist_admin을(를)", "wealist_admin을"),
        ("external-secrets-webhook이(가)", "external-secrets-webhook이"),
        ("shared-config은(는)", "shared-config는"),
        ("app-secret을(를)", "app-secret을"),
        ("deployment(으)로", "deployment로"),
        ("role(으)로", "role로"),
        ("ops-portal은(는)", "ops-portal은"),
        ("PROMETHEUS_URL이(가)", "PROMETHEUS_URL이"),
        ("HPA은(는)", "HPA는"),
        ("TLS을(를)", "TLS를"),
        ("audit_logs이(가)", "audit_logs가"),
        # Not certain: how a word is read, or whether a name is spelled.
        ("db-check이(가)", "db-check이(가)"),
        ("NAME을(를)", "NAME을(를)"),
        ("/etc/x/:이(가)", "/etc/x/:이(가)"),
        ("東京이(가)", "東京이(가)"),
        # Nothing to choose.
        ("이(가)", "이(가)"),
        ("no particle (here)", "no particle (here)"),
    ],
)
def test_the_particle_that_fits(given: str, said: str) -> None:
    assert settled(given) == said


def test_a_long_text_of_names_is_read_once() -> None:
    assert settled("a" * 100_000 + "이(가)") == "a" * 100_000 + "가"
