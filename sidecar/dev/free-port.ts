import { once } from "node:events";
import { createServer } from "node:net";
import { SidecarError } from "../errors.ts";

/**
 * Looks whether OpenSearch can listen on a port of 127.0.0.1; 0 always passes.
 * @throws SidecarError `conflict` naming the port and the setting if something listens there already
 */
export async function requireFreePort(port: number): Promise<void> {
	if (port === 0) return;
	const probe = createServer();
	try {
		probe.listen(port, "127.0.0.1");
		await once(probe, "listening");
	} catch (error) {
		throw new SidecarError(
			"conflict",
			`Port ${port} for OpenSearch is taken by another program. End that program, ` +
				"set OPENSEARCH_PORT to another port, or OPENSEARCH_URL to the OpenSearch that runs there.",
			{ cause: error },
		);
	}
	probe.close();
	await once(probe, "close");
}
