import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { envSchema } from "env-schema";
import { type Settings, SettingsSchema } from "../schemas/settings.ts";
import type { UpstreamTls } from "../schemas/upstream-tls.ts";

/** A setting of the environment that is not what its declaration asks for. */
export class SettingsError extends Error {
	override readonly name = "SettingsError";
}

/**
 * The settings out of an environment, with defaults filled in.
 *
 * @throws SettingsError that names each bad setting and what was expected; values are not shown, since one
 * of them may be a password in the wrong variable.
 */
export function loadSettings(environment: NodeJS.ProcessEnv): Settings {
	const data = Object.fromEntries(
		Object.keys(SettingsSchema.properties).flatMap((name) => {
			const value = environment[name];
			return value === undefined || value === "" ? [] : [[name, value]];
		}),
	);
	try {
		return envSchema<Settings>({
			schema: SettingsSchema,
			data,
			dotenv: false,
			env: false,
			ajv: {
				customOptions: (ajv) => ajv.addVocabulary(["unit", "secret"]),
			},
		});
	} catch (error) {
		throw new SettingsError(describe(error), { cause: error });
	}
}

/** The folder for unpacked models, with its default filled in. */
export function cacheFolder(
	settings: Settings,
	environment: NodeJS.ProcessEnv,
): string {
	return (
		settings.SIDECAR_CACHE_DIR ||
		join(
			environment.XDG_CACHE_HOME || join(homedir(), ".cache"),
			"opensearch-ml-sidecar",
		)
	);
}

/**
 * What the settings say about TLS to OpenSearch, with the file of authorities read.
 *
 * @throws SettingsError where that file can't be read or holds no certificate
 */
export function upstreamTls(settings: Settings): UpstreamTls {
	const { OPENSEARCH_CA_FILE: file, OPENSEARCH_TLS_VERIFY: verify } = settings;
	return {
		rejectUnauthorized: verify,
		...(file !== "" && { ca: readAuthorities(file) }),
	};
}

function readAuthorities(file: string): string {
	try {
		const pem = readFileSync(file, "utf8");
		// Node.js itself ignores what is no certificate, and would then trust nobody.
		new X509Certificate(pem);
		return pem;
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new SettingsError(
			`OPENSEARCH_CA_FILE must be a PEM file with certificates: ${reason}`,
			{ cause },
		);
	}
}

interface Violation {
	instancePath: string;
	keyword: string;
	message?: string;
	params: Record<string, unknown>;
}

function describe(error: unknown): string {
	const violations: Violation[] =
		error instanceof Error && "errors" in error && Array.isArray(error.errors)
			? error.errors
			: [];
	if (violations.length === 0) return String(error);
	return violations.map(describeViolation).join("; ");
}

function describeViolation({
	instancePath,
	keyword,
	message,
	params,
}: Violation): string {
	const allowed =
		keyword === "enum" && Array.isArray(params.allowedValues)
			? `: ${params.allowedValues.join(", ")}`
			: "";
	return `${instancePath.slice(1)} ${message ?? "is not valid"}${allowed}`;
}
