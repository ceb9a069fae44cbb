CREATE TABLE `metric_chunks` (
	`step` integer NOT NULL,
	`start` integer NOT NULL,
	`subject` text NOT NULL,
	`data` blob NOT NULL,
	`is_folded` integer NOT NULL,
	CONSTRAINT `metric_chunks_pk` PRIMARY KEY(`step`, `subject`, `start`)
);
--> statement-breakpoint
CREATE TABLE `prometheus_sources` (
	`id` text PRIMARY KEY NOT NULL,
	`workload_id` text NOT NULL,
	`name` text NOT NULL,
	`url` text NOT NULL,
	`query` text NOT NULL,
	`every_seconds` integer NOT NULL,
	`is_enabled` integer NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `metric_chunks_age` ON `metric_chunks` (`step`,`is_folded`,`start`);--> statement-breakpoint
CREATE UNIQUE INDEX `prometheus_sources_name` ON `prometheus_sources` (`workload_id`,`name`);