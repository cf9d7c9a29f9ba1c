"""What an administrator has set, and what the instance remembers about itself."""

from sqlalchemy import Column, Named, Table, Text, TypedColumns

from storage.tables.base import metadata


class SettingColumns(TypedColumns):
    name: Named[str] = Column(Text, primary_key=True)
    value: Named[str] = Column(Text)


settings = Table("settings", metadata, SettingColumns)
