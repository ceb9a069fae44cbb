CREATE TABLE `builds` (
	`id` text PRIMARY KEY NOT NULL,
	`team` text,
	`subject` text NOT NULL,
	`ask` text NOT NULL,
	`state` text NOT NULL,
	`phase` text NOT NULL,
	`reason` text NOT NULL,
	`attempt` integer NOT NULL,
	`host_id` text,
	`host` text,
	`layers` text NOT NULL,
	`key` text,
	`cached_from` text,
	`result` text,
	`seconds` text,
	`log_bytes` integer NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer
);
--> statement-breakpoint
CREATE TABLE `deploy_locks` (
	`workload_id` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`reason` text NOT NULL,
	`since` integer NOT NULL,
	`until` integer
);
--> statement-breakpoint
CREATE TABLE `freezes` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL UNIQUE,
	`environment` text NOT NULL,
	`rule` text NOT NULL,
	`reason` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `images` (
	`repository` text NOT NULL,
	`digest` text NOT NULL,
	`image_id` text NOT NULL,
	`architecture` text NOT NULL,
	`layers` text NOT NULL,
	`build_id` text,
	`pushed_at` integer NOT NULL,
	`deleted_at` integer,
	`deleted_why` text,
	CONSTRAINT `images_pk` PRIMARY KEY(`repository`, `digest`)
);
--> statement-breakpoint
CREATE TABLE `layers` (
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`from_layer` text,
	`from_version` integer,
	`definition` text NOT NULL,
	`context_sha256` text NOT NULL,
	`build_id` text,
	`image` text,
	`image_id` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`note` text NOT NULL,
	CONSTRAINT `layers_pk` PRIMARY KEY(`name`, `version`)
);
--> statement-breakpoint
CREATE TABLE `rollouts` (
	`id` text PRIMARY KEY NOT NULL,
	`workload_id` text NOT NULL,
	`kind` text NOT NULL,
	`from_release_id` text NOT NULL,
	`to_release_id` text NOT NULL,
	`strategy` text NOT NULL,
	`state` text NOT NULL,
	`preflight` text,
	`readiness` text,
	`started_by` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`why` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `secrets` (
	`id` text PRIMARY KEY NOT NULL,
	`team` text NOT NULL,
	`workload_id` text,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`sealed` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`retired_at` integer
);
--> statement-breakpoint
CREATE TABLE `webhook_deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`webhook_id` text NOT NULL,
	`event` text NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL,
	`attempts` integer NOT NULL,
	`next_at` integer,
	`outcome` text,
	`last_status` text,
	`ended_at` integer
);
--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL UNIQUE,
	`kind` text NOT NULL,
	`team` text,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`sealed_secret` text,
	`is_enabled` integer NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `releases` ADD `metrics_path` text;--> statement-breakpoint
ALTER TABLE `releases` ADD `files` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `secret_env` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `digest` text;--> statement-breakpoint
ALTER TABLE `releases` ADD `image_id` text;--> statement-breakpoint
ALTER TABLE `releases` ADD `build_id` text;--> statement-breakpoint
ALTER TABLE `releases` ADD `promoted_from` text;--> statement-breakpoint
ALTER TABLE `releases` ADD `shape` text;--> statement-breakpoint
ALTER TABLE `releases` ADD `note` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `builds_state` ON `builds` (`state`);--> statement-breakpoint
CREATE INDEX `builds_subject` ON `builds` (`subject`,`created_at`);--> statement-breakpoint
CREATE INDEX `builds_key` ON `builds` (`key`);--> statement-breakpoint
CREATE INDEX `images_present` ON `images` (`deleted_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `rollouts_under_way` ON `rollouts` (`workload_id`) WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX `rollouts_workload` ON `rollouts` (`workload_id`,`started_at`);--> statement-breakpoint
CREATE INDEX `secrets_workload` ON `secrets` (`workload_id`,`name`);--> statement-breakpoint
CREATE INDEX `secrets_team` ON `secrets` (`team`,`name`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_due` ON `webhook_deliveries` (`next_at`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_webhook` ON `webhook_deliveries` (`webhook_id`,`created_at`);