CREATE TABLE `shell_rules` (
	`id` text PRIMARY KEY NOT NULL,
	`rules` text NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `shells` (
	`id` text PRIMARY KEY NOT NULL,
	`replica_id` text NOT NULL,
	`replica` text NOT NULL,
	`workload` text NOT NULL,
	`environment` text NOT NULL,
	`team` text NOT NULL,
	`host_id` text NOT NULL,
	`host` text NOT NULL,
	`command` text NOT NULL,
	`user_id` text NOT NULL,
	`by` text NOT NULL,
	`from_address` text NOT NULL,
	`reason` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`end` text,
	`exit_code` integer,
	`message` text NOT NULL,
	`input_bytes` integer NOT NULL,
	`output_bytes` integer NOT NULL,
	`recording_bytes` integer
);
--> statement-breakpoint
CREATE INDEX `shells_started` ON `shells` (`started_at`);--> statement-breakpoint
CREATE INDEX `shells_replica` ON `shells` (`replica_id`,`started_at`);