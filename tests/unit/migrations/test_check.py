"""What two dumps of one schema may differ in."""

from setterbase.migrations.check import comparable


def test_what_a_server_and_a_dump_number_for_themselves_does_not_count() -> None:
    schema = ["CREATE TABLE public.leads (", "    id uuid NOT NULL", ");"]
    dump = [
        "\\restrict aB3",
        *schema,
        "ALTER TABLE ONLY public.leads ALTER COLUMN id SET (pg_attver=57309384);",
        "\\unrestrict aB3",
    ]
    assert list(comparable(dump)) == schema


def test_an_option_of_ones_own_counts() -> None:
    line = "ALTER TABLE ONLY public.leads ALTER COLUMN source SET (n_distinct=8);"
    assert list(comparable([line])) == [line]


def test_the_order_of_rows_does_not_count() -> None:
    head = "COPY public.kpi_catalog (code) FROM stdin;"
    assert list(comparable([head, "b", "a", "\\."])) == [head, "a", "b", "\\."]
