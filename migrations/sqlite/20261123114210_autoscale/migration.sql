CREATE TABLE `autoscale_alerts` (
	`workload_id` text NOT NULL,
	`kind` text NOT NULL,
	`message` text NOT NULL,
	`value` integer NOT NULL,
	`since` integer NOT NULL,
	CONSTRAINT `autoscale_alerts_pk` PRIMARY KEY(`workload_id`, `kind`)
);
--> statement-breakpoint
CREATE TABLE `autoscale_memories` (
	`workload_id` text PRIMARY KEY NOT NULL,
	`saved_at` integer NOT NULL,
	`packed` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `autoscale_settings` (
	`workload_id` text NOT NULL,
	`version` integer NOT NULL,
	`settings` text NOT NULL,
	`changed_by` text NOT NULL,
	`changed_at` integer NOT NULL,
	`why` text NOT NULL,
	CONSTRAINT `autoscale_settings_pk` PRIMARY KEY(`workload_id`, `version`)
);
--> statement-breakpoint
CREATE TABLE `decisions` (
	`id` text PRIMARY KEY NOT NULL,
	`workload_id` text NOT NULL,
	`workload` text NOT NULL,
	`team` text NOT NULL,
	`at` integer NOT NULL,
	`mode` text NOT NULL,
	`settings_version` integer NOT NULL,
	`action` text NOT NULL,
	`alerts` text NOT NULL,
	`ready` integer NOT NULL,
	`pending` integer NOT NULL,
	`body` text NOT NULL,
	`input` blob,
	`software` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `decisions_in_force` (
	`workload_id` text PRIMARY KEY NOT NULL,
	`decision_id` text NOT NULL,
	`replicas` integer NOT NULL,
	`reason` text NOT NULL,
	`since` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_workload` ON `decisions` (`workload_id`,`id`);--> statement-breakpoint
CREATE INDEX `decisions_at` ON `decisions` (`at`);