CREATE TABLE `agent_bundles` (
	`sha256` text PRIMARY KEY NOT NULL,
	`version` text NOT NULL,
	`bytes` integer NOT NULL,
	`source` text NOT NULL,
	`added_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `agent_upgrade_hosts` (
	`upgrade_id` text NOT NULL,
	`host_id` text NOT NULL,
	`host` text NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`from_version` text,
	`ordered_at` integer,
	`watched_at` integer,
	`ended_at` integer,
	CONSTRAINT `agent_upgrade_hosts_pk` PRIMARY KEY(`upgrade_id`, `host_id`)
);
--> statement-breakpoint
CREATE TABLE `agent_upgrades` (
	`id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`state_reason` text NOT NULL,
	`version` text NOT NULL,
	`bundle` text NOT NULL,
	`canary` text NOT NULL,
	`at_once` integer NOT NULL,
	`most_failures` integer NOT NULL,
	`watch_ms` integer NOT NULL,
	`trial_ms` integer NOT NULL,
	`reason` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE TABLE `certificates` (
	`serial` text PRIMARY KEY NOT NULL,
	`host_id` text NOT NULL,
	`host` text NOT NULL,
	`sha256` text NOT NULL,
	`issued_at` integer NOT NULL,
	`not_before` integer NOT NULL,
	`not_after` integer NOT NULL,
	`used_at` integer,
	`revoked_at` integer,
	`revoked_by` text,
	`revoked_why` text
);
--> statement-breakpoint
CREATE TABLE `identity_alarms` (
	`id` text PRIMARY KEY NOT NULL,
	`host_id` text NOT NULL,
	`host` text NOT NULL,
	`at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`attempts` integer NOT NULL,
	`evidence` text NOT NULL,
	`known` text NOT NULL,
	`newcomer` text NOT NULL,
	`verdict` text,
	`answered_by` text,
	`answered_at` integer,
	`answered_why` text
);
--> statement-breakpoint
CREATE TABLE `upkeep_orders` (
	`id` text PRIMARY KEY NOT NULL,
	`host_id` text NOT NULL,
	`kind` text NOT NULL,
	`subject_id` text NOT NULL,
	`verb` text NOT NULL,
	`note` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `releases` ADD `health` text;--> statement-breakpoint
CREATE INDEX `certificates_host` ON `certificates` (`host_id`);--> statement-breakpoint
CREATE INDEX `identity_alarms_host` ON `identity_alarms` (`host_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `upkeep_orders_subject` ON `upkeep_orders` (`host_id`,`kind`,`subject_id`);