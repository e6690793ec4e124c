package io.focusstream.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What a process listens on, as Linux says it: {@code proc(5)}, {@code /proc/net/tcp}. */
final class Listening {
  private static final String LISTEN = "0A";

  /** A datagram socket has no other state; one that is bound to a port takes what comes. */
  private static final String DATAGRAM = "07";

  private Listening() {}

  /** Addresses of all sockets of a process that others can reach, TCP and UDP. */
  static List<InetSocketAddress> of(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    Set<String> inodes = sockets(process.resolve("fd"));
    List<InetSocketAddress> found = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      Path file = process.resolve("net").resolve(table);
      if (!Files.exists(file)) {
        continue;
      }
      for (String line : Files.readAllLines(file)) {
        String[] fields = line.strip().split("\\s+");
        if (inodes.contains(fields[9])
            && (fields[3].equals(LISTEN) || fields[3].equals(DATAGRAM))) {
          found.add(address(fields[1]));
        }
      }
    }
    return found;
  }

  /** Inodes of a process's sockets. */
  private static Set<String> sockets(Path descriptors) throws IOException {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> all = Files.list(descriptors)) {
      for (Path descriptor : all.toList()) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith("socket:[")) {
            inodes.add(target.substring("socket:[".length(), target.length() - 1));
          }
        } catch (NoSuchFileException e) {
          // It was closed meanwhile.
        }
      }
    }
    return inodes;
  }

  /** {@code 0100007F:1F90} is 127.0.0.1:8080: words of 32 bits, each in the processor's order. */
  private static InetSocketAddress address(String written) throws IOException {
    String[] parts = written.split(":");
    byte[] bytes = new byte[parts[0].length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      int from = 2 * (i / 4 * 4 + 3 - i % 4);
      bytes[i] = (byte) Integer.parseInt(parts[0].substring(from, from + 2), 16);
    }
    return new InetSocketAddress(InetAddress.getByAddress(bytes), Integer.parseInt(parts[1], 16));
  }
}
