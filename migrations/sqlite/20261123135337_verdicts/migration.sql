CREATE TABLE `address_conflicts` (
	`id` text PRIMARY KEY NOT NULL,
	`network_id` text NOT NULL,
	`address` text NOT NULL,
	`replica_id` text NOT NULL,
	`replica` text NOT NULL,
	`workload` text NOT NULL,
	`host_id` text NOT NULL,
	`host` text NOT NULL,
	`own_mac` text NOT NULL,
	`other_mac` text NOT NULL,
	`action` text NOT NULL,
	`outcome` text NOT NULL,
	`found_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE TABLE `address_reservations` (
	`id` text PRIMARY KEY NOT NULL,
	`network_id` text NOT NULL,
	`kind` text NOT NULL,
	`first` text NOT NULL,
	`last` text NOT NULL,
	`note` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `maintenance_blockers` (
	`maintenance_id` text NOT NULL,
	`workload_id` text NOT NULL,
	`rule` text NOT NULL,
	`resource` text NOT NULL,
	`wanted` text NOT NULL,
	`available` text NOT NULL,
	`closest_host` text,
	`sentence` text NOT NULL,
	`count` integer NOT NULL,
	`since` integer NOT NULL,
	`help` text,
	CONSTRAINT `maintenance_blockers_pk` PRIMARY KEY(`maintenance_id`, `workload_id`)
);
--> statement-breakpoint
CREATE TABLE `maintenance_hosts` (
	`maintenance_id` text NOT NULL,
	`host_id` text NOT NULL,
	`host` text NOT NULL,
	`site` text NOT NULL,
	`rack` text NOT NULL,
	`state` text NOT NULL,
	`drained_at` integer,
	CONSTRAINT `maintenance_hosts_pk` PRIMARY KEY(`maintenance_id`, `host_id`)
);
--> statement-breakpoint
CREATE TABLE `maintenance_replicas` (
	`maintenance_id` text NOT NULL,
	`replica_id` text NOT NULL,
	`replica` text NOT NULL,
	`workload_id` text NOT NULL,
	`workload` text NOT NULL,
	`team` text NOT NULL,
	`cpu_milli` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`from_host_id` text NOT NULL,
	`from_host` text NOT NULL,
	`state` text NOT NULL,
	`since` integer NOT NULL,
	`reason` text NOT NULL,
	`reserved_host_id` text,
	`successor_id` text,
	`successor` text,
	`to_host_id` text,
	`to_host` text,
	`begun_at` integer,
	`moved_at` integer,
	CONSTRAINT `maintenance_replicas_pk` PRIMARY KEY(`maintenance_id`, `replica_id`)
);
--> statement-breakpoint
CREATE TABLE `maintenances` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`target` text NOT NULL,
	`why` text NOT NULL,
	`state` text NOT NULL,
	`state_reason` text NOT NULL,
	`moves_per_hour` integer,
	`at_once` integer,
	`starts_at` integer,
	`ends_at` integer,
	`bring_back` integer NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`drained_at` integer,
	`finished_at` integer,
	`finished_by` text,
	`forced` text
);
--> statement-breakpoint
CREATE TABLE `governor_holds` (
	`id` text PRIMARY KEY NOT NULL,
	`action` text NOT NULL,
	`state` text NOT NULL,
	`since` integer NOT NULL,
	`grounds` text NOT NULL,
	`hosts` text NOT NULL,
	`workloads` text NOT NULL,
	`would_do` text NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`reason` text
);
--> statement-breakpoint
CREATE TABLE `governor_passed` (
	`id` text PRIMARY KEY NOT NULL,
	`action` text NOT NULL,
	`host_id` text NOT NULL,
	`replicas` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `governor_settings` (
	`id` text PRIMARY KEY NOT NULL,
	`settings` text NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `host_timeline` (
	`id` integer PRIMARY KEY AUTOINCREMENT,
	`host_id` text NOT NULL,
	`at` integer NOT NULL,
	`kind` text NOT NULL,
	`state` text,
	`grounds` text NOT NULL,
	`witnesses` text NOT NULL,
	`by` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `networks` ADD `vlan` integer;--> statement-breakpoint
ALTER TABLE `networks` ADD `tunnel_vni` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `address_conflicts_open` ON `address_conflicts` (`address`) WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX `address_conflicts_address` ON `address_conflicts` (`address`);--> statement-breakpoint
CREATE INDEX `address_reservations_network` ON `address_reservations` (`network_id`);--> statement-breakpoint
CREATE INDEX `addresses_closed_at` ON `addresses` (`held_until`) WHERE held_until IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `maintenance_hosts_open` ON `maintenance_hosts` (`host_id`) WHERE state IN ('draining', 'drained');--> statement-breakpoint
CREATE INDEX `maintenance_replicas_replica` ON `maintenance_replicas` (`replica_id`);--> statement-breakpoint
CREATE INDEX `maintenance_replicas_reserved` ON `maintenance_replicas` (`reserved_host_id`) WHERE reserved_host_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `maintenance_replicas_returning` ON `maintenance_replicas` (`state`) WHERE state = 'returning';--> statement-breakpoint
CREATE INDEX `maintenances_open` ON `maintenances` (`state`) WHERE finished_at IS NULL;--> statement-breakpoint
CREATE INDEX `governor_holds_state` ON `governor_holds` (`state`);--> statement-breakpoint
CREATE INDEX `governor_passed_at` ON `governor_passed` (`at`);--> statement-breakpoint
CREATE INDEX `host_timeline_host` ON `host_timeline` (`host_id`,`id`);