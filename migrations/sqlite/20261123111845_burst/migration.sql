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
CREATE INDEX `burst_charges_from` ON `burst_charges` (`from_at`);--> statement-breakpoint
CREATE INDEX `burst_proposals_state` ON `burst_proposals` (`state`,`created_at`);--> statement-breakpoint
CREATE INDEX `burst_vms_state` ON `burst_vms` (`state`);--> statement-breakpoint
CREATE INDEX `burst_vms_asked` ON `burst_vms` (`asked_at`);