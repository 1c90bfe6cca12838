import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { storePassword } from "./certificates.ts";

/** Everybody's password. */
export const password = "sidecar-tests";
const passwordHash =
	"$2y$04$abcdefghijklmnopqrstuu9MJkQg1mRn4EgH.O3eGXN.9DZLBeL/q";

/** The users of the cluster, each with the one role that is mapped to it; the sidecar's own gets it from the test. */
export const users = {
	admin: "all_access",
	reader: "ml_read_access",
	writer: "ml_full_access",
	indexer: "indexer",
	sidecar: "ml_sidecar",
} as const;

export type UserName = keyof typeof users;

/** The `Authorization` of a user. */
export function credentials(user: string, secret: string = password): string {
	return `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
}

function meta(type: string) {
	return { _meta: { type, config_version: 2 } };
}

/** The files of config/opensearch-security that are not the plugin's own; JSON is YAML. */
const securityFiles = {
	"config.yml": {
		...meta("config"),
		config: {
			dynamic: {
				authc: {
					basic_internal_auth_domain: {
						http_enabled: true,
						order: 0,
						http_authenticator: { type: "basic", challenge: true },
						authentication_backend: { type: "intern" },
					},
				},
			},
		},
	},
	"internal_users.yml": {
		...meta("internalusers"),
		...Object.fromEntries(
			Object.keys(users).map((user) => [
				user,
				{ hash: passwordHash, backend_roles: [`${user}s`] },
			]),
		),
	},
	"roles_mapping.yml": {
		...meta("rolesmapping"),
		...Object.fromEntries(
			Object.entries(users).map(([user, role]) => [role, { users: [user] }]),
		),
	},
};

/** The plugin's own files, with its predefined roles. */
const ownFiles = [
	"action_groups.yml",
	"allowlist.yml",
	"audit.yml",
	"nodes_dn.yml",
	"roles.yml",
	"tenants.yml",
];

/** Writes config/opensearch-security, from which the cluster takes its users and roles at its first start. */
export async function writeSecurityConfig(
	home: string,
	config: string,
): Promise<void> {
	const from = join(home, "plugins", "opensearch-security", "config");
	const to = join(config, "opensearch-security");
	await mkdir(to);
	for (const file of ownFiles) await copyFile(join(from, file), join(to, file));
	for (const [file, content] of Object.entries(securityFiles))
		await writeFile(join(to, file), JSON.stringify(content));
}

/** What opensearch.yml says about security. */
export function securitySettings(
	tls: boolean,
	files: { keys: string; trust: string },
): Record<string, string> {
	const settings: Record<string, string> = {
		"plugins.security.allow_default_init_securityindex": "true",
		"plugins.security.restapi.roles_enabled": "all_access",
		"plugins.security.nodes_dn": "CN=node",
		"plugins.security.ssl.transport.enforce_hostname_verification": "false",
		"plugins.security.ssl.http.enabled": String(tls),
	};
	for (const layer of tls ? ["transport", "http"] : ["transport"])
		Object.assign(settings, {
			[`plugins.security.ssl.${layer}.keystore_type`]: "PKCS12",
			[`plugins.security.ssl.${layer}.keystore_filepath`]: files.keys,
			[`plugins.security.ssl.${layer}.keystore_password`]: storePassword,
			[`plugins.security.ssl.${layer}.keystore_alias`]: "node",
			[`plugins.security.ssl.${layer}.truststore_type`]: "PKCS12",
			[`plugins.security.ssl.${layer}.truststore_filepath`]: files.trust,
			[`plugins.security.ssl.${layer}.truststore_password`]: storePassword,
		});
	return settings;
}
