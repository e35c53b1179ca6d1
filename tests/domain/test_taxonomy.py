"""The closed vocabularies are whole and agree with the recorded replies."""

from trendwire.domain import taxonomy


def test_every_iso_country_has_a_name_and_an_id_of_its_own() -> None:
    countries = taxonomy.countries()
    assert len(countries) == 249 == len({c.geonames_id for c in countries.values()})
    assert all(c.name and c.audience_name and c.geonames_id.isdigit() for c in countries.values())


def test_names_and_ids_are_those_of_recorded_replies() -> None:
    countries = taxonomy.countries()
    assert countries["LT"].audience_name == "Lithuania"
    assert (countries["AT"].geonames_id, countries["MO"].name) == ("2782113", "Macao")
    assert taxonomy.industries()[28000000000].name == "Sports & Outdoor"
    assert taxonomy.interests()["10001"] == "Pranks"


def test_a_second_level_industry_counts_as_its_parent() -> None:
    assert taxonomy.parent_industry(10100000000) == 10000000000
    assert taxonomy.parent_industry(10000000000) == 10000000000
    assert taxonomy.parent_industry(42) is None


def test_regions_are_accepted_in_any_case() -> None:
    assert taxonomy.region_code(" vn ") == "VN"
    assert taxonomy.region_code("ZZ") is None
    assert taxonomy.region_code("ALL") is None
