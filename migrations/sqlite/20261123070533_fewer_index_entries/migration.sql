DROP INDEX IF EXISTS `addresses_address`;--> statement-breakpoint
DROP INDEX IF EXISTS `addresses_quarantine`;--> statement-breakpoint
DROP INDEX IF EXISTS `replicas_replaces`;--> statement-breakpoint
CREATE INDEX `addresses_closed` ON `addresses` (`address`) WHERE held_until IS NOT NULL;--> statement-breakpoint
CREATE INDEX `addresses_letting_go` ON `addresses` (`let_go_at`) WHERE held_until IS NULL AND let_go_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `addresses_quarantined` ON `addresses` (`quarantined_until`) WHERE quarantined_until IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `replicas_successors` ON `replicas` (`replaces`) WHERE replaces IS NOT NULL;