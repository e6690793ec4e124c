package io.focusstream.operators.engine.djl;

import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.CondensingEngineProvider;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One engine a process and settings, shared by all its users: opened for the first, closed after
 * the last.
 */
public final class DjlEngineProvider implements CondensingEngineProvider {
  private static final long serialVersionUID = 1L;
  private static final Map<DjlEngineSettings, Shared> SHARED = new HashMap<>();

  private final DjlEngineSettings settings;

  private static final class Shared {
    final DjlCondensingEngine engine;
    int users;

    Shared(DjlCondensingEngine engine) {
      this.engine = engine;
    }
  }

  public DjlEngineProvider(DjlEngineSettings settings) {
    this.settings = Objects.requireNonNull(settings, "settings");
  }

  /** How the engine runs its model. */
  public DjlEngineSettings settings() {
    return settings;
  }

  @Override
  public Lease acquire() {
    synchronized (SHARED) {
      Shared shared = SHARED.computeIfAbsent(settings, s -> new Shared(new DjlCondensingEngine(s)));
      shared.users++;
      return new SharedLease(settings, shared);
    }
  }

  private static final class SharedLease implements Lease {
    private final DjlEngineSettings settings;
    private final Shared shared;
    private final AtomicBoolean given = new AtomicBoolean();

    SharedLease(DjlEngineSettings settings, Shared shared) {
      this.settings = settings;
      this.shared = shared;
    }

    @Override
    public CondensingEngine engine() {
      return shared.engine;
    }

    @Override
    public void close() {
      if (!given.compareAndSet(false, true)) {
        return;
      }
      synchronized (SHARED) {
        shared.users--;
        if (shared.users == 0) {
          SHARED.remove(settings);
          shared.engine.close();
        }
      }
    }
  }
}
