-- What messages of a channel say; '' = as they come.
ALTER TABLE alert_channels ADD COLUMN title_template text NOT NULL DEFAULT '';
ALTER TABLE alert_channels ADD COLUMN body_template text NOT NULL DEFAULT '';
