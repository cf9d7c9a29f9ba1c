"""People, the catalogue, cases and surveys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON_VALUE = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _catalogue()
    _cases()
    _surveys()
    _participants()
    _doors()


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sign_in", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "role IN ('administrator', 'approver', 'auditor', 'inspector', 'supervisor')", name=op.f("ck_people_role")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("sign_in", name="uq_people_sign_in"),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("row", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_key_at", "sign_in_failures", ["key", "at"])
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )


def _catalogue() -> None:
    op.create_table(
        "checklists",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("checks", JSON_VALUE, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_checklists"),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", JSON_VALUE, nullable=False),
        sa.Column("department", JSON_VALUE, nullable=False),
        sa.Column("statutory_days", sa.Integer(), nullable=False),
        sa.Column("promised_days", sa.Integer(), nullable=False),
        sa.Column("checklist", sa.Text(), nullable=False),
        sa.Column("checklist_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checklist", "checklist_version"],
            ["checklists.id", "checklists.version"],
            name="fk_items_checklist_checklist_version",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
        sa.UniqueConstraint("code", name="uq_items_code"),
    )


def _cases() -> None:
    op.create_table(
        "case_numbers",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_case_numbers"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'review', 'approved', 'refused')", name=op.f("ck_cases_state")),
        sa.ForeignKeyConstraint(["approver"], ["people.id"], name="fk_cases_approver"),
        sa.ForeignKeyConstraint(["inspector"], ["people.id"], name="fk_cases_inspector"),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name="fk_cases_item"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("number", name="uq_cases_number"),
    )
    op.create_index("ix_cases_approver", "cases", ["approver"])
    op.create_index("ix_cases_created_at_id", "cases", ["created_at", "id"])
    op.create_index("ix_cases_inspector", "cases", ["inspector"])


def _surveys() -> None:
    op.create_table(
        "surveys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("checklist", sa.Text(), nullable=False),
        sa.Column("checklist_version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("focus", sa.Text(), nullable=True),
        sa.Column("admitted", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('guidance', 'live', 'drone', 'panorama')", name=op.f("ck_surveys_kind")),
        sa.CheckConstraint(
            "outcome IN ('pass', 'fail', 'partial', 'guidance', 'insufficient', 'no-show', 'cancelled')",
            name=op.f("ck_surveys_outcome"),
        ),
        sa.CheckConstraint("state IN ('booked', 'live', 'concluded', 'cancelled')", name=op.f("ck_surveys_state")),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_surveys_case"),
        sa.ForeignKeyConstraint(
            ["checklist", "checklist_version"],
            ["checklists.id", "checklists.version"],
            name="fk_surveys_checklist_checklist_version",
        ),
        sa.ForeignKeyConstraint(["inspector"], ["people.id"], name="fk_surveys_inspector"),
        sa.PrimaryKeyConstraint("id", name="pk_surveys"),
        sa.UniqueConstraint("number", name="uq_surveys_number"),
    )
    op.create_index("ix_surveys_admitted_ended_at", "surveys", ["admitted", "ended_at"])
    op.create_index("ix_surveys_case", "surveys", ["case"])
    op.create_index("ix_surveys_inspector", "surveys", ["inspector"])
    op.create_table(
        "rooms",
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_rooms_survey"),
        sa.PrimaryKeyConstraint("survey", name="pk_rooms"),
    )
    op.create_index("ix_rooms_closed_node", "rooms", ["closed", "node"])


def _participants() -> None:
    op.create_table(
        "participants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("device", JSON_VALUE, nullable=False),
        sa.CheckConstraint(
            "role IN ('administrator', 'inspector', 'approver', 'supervisor', 'auditor', "
            "'applicant', 'agent', 'system')",
            name=op.f("ck_participants_role"),
        ),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_participants_person"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_participants_survey"),
        sa.PrimaryKeyConstraint("id", name="pk_participants"),
    )
    op.create_index("ix_participants_person", "participants", ["person"])
    op.create_index("ix_participants_survey", "participants", ["survey"])
    op.create_table(
        "consents",
        sa.Column("row", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("participant", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("stated_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["participant"], ["participants.id"], name="fk_consents_participant"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_consents_survey"),
        sa.PrimaryKeyConstraint("row", name="pk_consents"),
    )
    op.create_index("ix_consents_participant_at", "consents", ["participant", "at"])
    op.create_table(
        "positions",
        sa.Column("row", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("participant", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_positions_whole")),
        sa.ForeignKeyConstraint(["participant"], ["participants.id"], name="fk_positions_participant"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_positions_survey"),
        sa.PrimaryKeyConstraint("row", name="pk_positions"),
    )
    op.create_index("ix_positions_survey_at", "positions", ["survey", "at"])


def _doors() -> None:
    op.create_table(
        "links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("participant", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_links_digest")),
        sa.ForeignKeyConstraint(["participant"], ["participants.id"], name="fk_links_participant"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_links_survey"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("digest", name="uq_links_digest"),
    )
    op.create_index("ix_links_participant", "links", ["participant"])
    op.create_index("ix_links_survey", "links", ["survey"])
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("participant", sa.Text(), nullable=True),
        sa.Column("survey", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(person IS NULL) <> (participant IS NULL)", name=op.f("ck_sign_ins_one_kind")),
        sa.ForeignKeyConstraint(["participant"], ["participants.id"], name="fk_sign_ins_participant"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_sign_ins_person"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_sign_ins_survey"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
    )
    op.create_index("ix_sign_ins_expires_at", "sign_ins", ["expires_at"])
    op.create_index("ix_sign_ins_participant", "sign_ins", ["participant"])
    op.create_index("ix_sign_ins_person", "sign_ins", ["person"])
