CREATE TABLE `drills` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`state` text NOT NULL,
	`state_reason` text NOT NULL,
	`progress_permille` integer NOT NULL,
	`phase` text NOT NULL,
	`ask` text NOT NULL,
	`workloads` text NOT NULL,
	`totals` text,
	`verdict` text,
	`report` blob,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE TABLE `signal_values` (
	`signal_id` text NOT NULL,
	`at` integer NOT NULL,
	`step_seconds` integer NOT NULL,
	`sum` real NOT NULL,
	`most` real NOT NULL,
	`count` integer NOT NULL,
	CONSTRAINT `signal_values_pk` PRIMARY KEY(`signal_id`, `at`)
);
--> statement-breakpoint
CREATE TABLE `signals` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`title` text NOT NULL,
	`unit` text NOT NULL,
	`team` text,
	`combine` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `surges` (
	`id` text PRIMARY KEY NOT NULL,
	`factor` real NOT NULL,
	`from_at` integer NOT NULL,
	`to_at` integer NOT NULL,
	`services` text NOT NULL,
	`environments` text NOT NULL,
	`reason` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`ended_by` text
);
--> statement-breakpoint
CREATE INDEX `drills_state` ON `drills` (`state`);--> statement-breakpoint
CREATE UNIQUE INDEX `signals_name` ON `signals` (`name`);--> statement-breakpoint
CREATE INDEX `surges_to` ON `surges` (`to_at`);