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
CREATE TABLE `burst_charges` (
	`vm_id` text NOT NULL,
	`period` integer NOT NULL,
	`from_at` integer NOT NULL,
	`to_at` integer NOT NULL,
	`cents` integer NOT NULL,
	CONSTRAINT `burst_charges_pk` PRIMARY KEY(`vm_id`, `period`)
);
--> statement-breakpoint
CREATE TABLE `burst_history` (
	`vm_id` text NOT NULL,
	`ordinal` integer NOT NULL,
	`at` integer NOT NULL,
	`state` text NOT NULL,
	`actor` text NOT NULL,
	`reason` text NOT NULL,
	CONSTRAINT `burst_history_pk` PRIMARY KEY(`vm_id`, `ordinal`)
);
--> statement-breakpoint
CREATE TABLE `burst_proposals` (
	`id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`state_reason` text NOT NULL,
	`purchase` text NOT NULL,
	`created_at` integer NOT NULL,
	`decided_by` text,
	`decided_at` integer
);
--> statement-breakpoint
CREATE TABLE `burst_provisioners` (
	`pool_id` text PRIMARY KEY NOT NULL,
	`edit` text NOT NULL,
	`changed_by` text NOT NULL,
	`changed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `burst_settings` (
	`version` integer PRIMARY KEY,
	`settings` text NOT NULL,
	`changed_by` text NOT NULL,
	`changed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `burst_vms` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL UNIQUE,
	`pool_id` text NOT NULL,
	`pool` text NOT NULL,
	`terms` text NOT NULL,
	`container_cidr` text NOT NULL,
	`state` text NOT NULL,
	`since` integer NOT NULL,
	`deadline_at` integer,
	`reason` text NOT NULL,
	`owner` text NOT NULL,
	`attempt` integer NOT NULL,
	`provider_id` text,
	`address` text,
	`host_id` text,
	`token_ids` text NOT NULL,
	`delivered` text,
	`route` text NOT NULL,
	`billed_from` integer,
	`predicted_cents` integer NOT NULL,
	`why` text NOT NULL,
	`for_workloads` text NOT NULL,
	`bought_by` text NOT NULL,
	`proposal_id` text,
	`verdict` text,
	`is_abandoned` integer NOT NULL,
	`spared_since` integer,
	`keep_until` integer,
	`kept_by` text,
	`asked_at` integer NOT NULL,
	`ready_at` integer,
	`ended_at` integer
);
--> statement-breakpoint
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
CREATE TABLE `dns_names` (
	`name` text PRIMARY KEY NOT NULL,
	`service` text NOT NULL,
	`environment` text NOT NULL,
	`port` integer,
	`preference` text NOT NULL,
	`site_order` text NOT NULL,
	`weights` text NOT NULL,
	`ttl_seconds` integer NOT NULL,
	`most_addresses` integer NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `failover_rules` (
	`id` text PRIMARY KEY NOT NULL,
	`rules` text NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `service_stages` (
	`service` text NOT NULL,
	`environment` text NOT NULL,
	`layer` text NOT NULL,
	`is_read_only` integer NOT NULL,
	`stages` text NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT `service_stages_pk` PRIMARY KEY(`service`, `environment`)
);
--> statement-breakpoint
CREATE TABLE `shifts` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`kind` text NOT NULL,
	`site` text,
	`changes` text NOT NULL,
	`steps` integer NOT NULL,
	`step_seconds` integer NOT NULL,
	`state` text NOT NULL,
	`step` integer NOT NULL,
	`step_at` integer,
	`wait_code` text,
	`wait_reason` text NOT NULL,
	`plan` text NOT NULL,
	`reason` text NOT NULL,
	`state_reason` text NOT NULL,
	`created_by` text NOT NULL,
	`created_by_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`applied_by` text,
	`applied_at` integer,
	`finished_at` integer
);
--> statement-breakpoint
CREATE TABLE `site_marks` (
	`site` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`by` text NOT NULL,
	`since` integer NOT NULL,
	`reason` text NOT NULL,
	CONSTRAINT `site_marks_pk` PRIMARY KEY(`site`, `name`, `kind`)
);
--> statement-breakpoint
CREATE TABLE `sites` (
	`name` text PRIMARY KEY NOT NULL,
	`clients` text NOT NULL,
	`regions` text NOT NULL,
	`links` text NOT NULL,
	`note` text NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_workload` ON `decisions` (`workload_id`,`id`);--> statement-breakpoint
CREATE INDEX `decisions_at` ON `decisions` (`at`);--> statement-breakpoint
CREATE INDEX `burst_charges_from` ON `burst_charges` (`from_at`);--> statement-breakpoint
CREATE INDEX `burst_proposals_state` ON `burst_proposals` (`state`,`created_at`);--> statement-breakpoint
CREATE INDEX `burst_vms_state` ON `burst_vms` (`state`);--> statement-breakpoint
CREATE INDEX `burst_vms_asked` ON `burst_vms` (`asked_at`);--> statement-breakpoint
CREATE INDEX `drills_state` ON `drills` (`state`);--> statement-breakpoint
CREATE UNIQUE INDEX `signals_name` ON `signals` (`name`);--> statement-breakpoint
CREATE INDEX `surges_to` ON `surges` (`to_at`);--> statement-breakpoint
CREATE INDEX `metric_chunks_age` ON `metric_chunks` (`step`,`is_folded`,`start`);--> statement-breakpoint
CREATE UNIQUE INDEX `prometheus_sources_name` ON `prometheus_sources` (`workload_id`,`name`);--> statement-breakpoint
CREATE INDEX `dns_names_service` ON `dns_names` (`service`,`environment`);--> statement-breakpoint
CREATE INDEX `shifts_state` ON `shifts` (`state`);--> statement-breakpoint
ALTER TABLE `plans` DROP COLUMN `print`;