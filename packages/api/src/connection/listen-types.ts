/** A certificate with its key, as PEM files. Both are read again when they change, while the server runs. */
export interface CertificateFiles {
  /** The file of the certificate, followed by those that sign it. */
  readonly cert: string;
  /** The file of the private key: PKCS #8, PKCS #1 or SEC 1, not encrypted. */
  readonly key: string;
}

/** The options of TLS. */
export interface TlsOptions extends CertificateFiles {
  /** The file of the authorities that sign the certificates of clients. */
  readonly ca?: string;
  /**
   * Whether clients are asked for a certificate: `none`; `optional`, where one that is not valid ends the handshake; `required`.
   * What a certificate says is `ctx.peer`. Default `none`.
   */
  readonly clientCert?: "none" | "optional" | "required";
  /** Further certificates by the host that a client asks for (SNI): a name, or `*.example.com` for each name directly under it. */
  readonly sni?: Readonly<Record<string, CertificateFiles>>;
  /** The oldest version of TLS that is spoken. Default `1.2`. */
  readonly minVersion?: "1.2" | "1.3";
}

/** The options of the unix socket. */
export interface UnixOptions {
  /** The path of the socket. A file that nobody listens on any more is replaced; the file is removed when the app stops. */
  readonly path: string;
  /** The permissions of the socket. Default `0o660`. */
  readonly mode?: number;
  /** Whether TLS is spoken on it as well, where `tls` is given. Default false. */
  readonly tls?: boolean;
}

/** Whether connections begin with a header of the PROXY protocol. */
export type ProxyProtocol = "off" | "optional" | "required";

/** What the verified certificate of a client says. */
export interface ClientCertificate {
  /** The subject's distinguished name, such as `CN=billing, O=Example`. */
  readonly subject: string;
  /** The alternative names: `DNS:…`, `IP:…`, `URI:…`, `email:…`. */
  readonly sans: readonly string[];
  /** The SHA-256 of the certificate, 64 hexadecimal digits in lower case. */
  readonly fingerprint: string;
}
