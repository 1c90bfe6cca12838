import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, fetch } from "undici";
import { assemble } from "../../sidecar/dev/assembly.ts";
import { findJava } from "../../sidecar/dev/java.ts";
import {
	nodeFolders,
	nodeSettings,
	writeConfig,
} from "../../sidecar/dev/opensearch-config.ts";
import { launchNode, untilHealthy } from "../../sidecar/dev/opensearch-node.ts";
import { makeFolderFor, serviceUser } from "../../sidecar/dev/service-user.ts";
import { userFolders } from "../../sidecar/dev/user-folders.ts";
import { makeCertificates } from "./certificates.ts";
import {
	credentials,
	securitySettings,
	type UserName,
	writeSecurityConfig,
} from "./secured-config.ts";
import { securedRecipe } from "./secured-recipe.ts";

/** An OpenSearch with the security plugin, of one test file. */
export interface SecuredOpenSearch {
	url: string;
	/** The authority of its certificate, PEM. */
	ca: string;
	/** A call to it as one of its users. @throws for any status but 2xx */
	call(
		user: UserName,
		method: string,
		path: string,
		body?: unknown,
	): Promise<unknown>;
	/** Ends it and removes its data. */
	stop(): Promise<void>;
}

/** Starts one on a free port; whatever it has begun is undone when it fails. */
export async function startSecured(options: {
	/** Whether its HTTP API is behind TLS; between nodes there is TLS in any case. */
	tls: boolean;
	report: (line: string) => void;
}): Promise<SecuredOpenSearch> {
	const { env } = process;
	const { tls, report } = options;
	const home = homedir();
	const java = await findJava(securedRecipe.javaVersion, { env, home });
	if (!java) throw new Error(`no Java ${securedRecipe.javaVersion} or newer`);
	const { cache } = userFolders(env, { uid: process.getuid?.(), home });
	const assembled = await assemble(securedRecipe, { env, home, cache, report });
	const dataDir = await mkdtemp(join(tmpdir(), "sidecar-secured-"));
	const undo = [() => rm(dataDir, { recursive: true, force: true })];
	const stop = async () => {
		for (const step of undo.splice(0).reverse()) await step();
	};
	try {
		const user = serviceUser();
		await makeFolderFor(dataDir, user);
		const folders = nodeFolders(dataDir);
		const settings = securitySettings(tls, {
			keys: join(folders.config, "keys.p12"),
			trust: join(folders.config, "trust.p12"),
		});
		await writeConfig(folders, nodeSettings(folders, 0, settings), user);
		const { ca } = await makeCertificates(folders.config, java.home);
		await writeSecurityConfig(assembled, folders.config);
		const node = await launchNode({
			home: assembled,
			javaHome: java.home,
			folders,
			heap: "1g",
			javaOptions: [],
			env: { PATH: env.PATH, LANG: "C.UTF-8", HOME: folders.temporary },
			user,
		});
		undo.push(() => node.stop());
		const agent = new Agent({ connect: { ca } });
		undo.push(() => agent.close());
		const send = async (
			url: string,
			{ user: name, method, body }: Call,
		): Promise<{ status: number; text: string }> => {
			const answer = await fetch(url, {
				method,
				dispatcher: agent,
				headers: {
					authorization: credentials(name),
					"content-type": "application/json",
				},
				...(body !== undefined && { body: JSON.stringify(body) }),
			});
			return { status: answer.status, text: await answer.text() };
		};
		const url = await untilHealthy(node, folders, {
			timeoutMs: 120_000,
			scheme: tls ? "https" : "http",
			isHealthy: (address) =>
				send(`${address}/_cluster/health?wait_for_status=yellow&timeout=1s`, {
					user: "admin",
					method: "GET",
				}).then(
					({ status }) => status === 200,
					() => false,
				),
		});
		return {
			url,
			ca,
			async call(name, method, path, body) {
				const { status, text } = await send(`${url}${path}`, {
					user: name,
					method,
					body,
				});
				if (status < 200 || status > 299)
					throw new Error(`${method} ${path}: ${status} ${text}`);
				return text === "" ? undefined : JSON.parse(text);
			},
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}

interface Call {
	user: UserName;
	method: string;
	body?: unknown;
}
