"""The bench: the whole job beside a bare copy of the same file, in the same run, because machines and days differ."""
