package io.focusstream.operators.engine.djl;

import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.CondensingEngineProvider;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One engine a process, settings and device, shared by all its users: opened for the first, closed
 * after the last. Where the settings name no device it is the GPU that the cluster gives, and the
 * processor where it gives none.
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
  public Lease acquire(OptionalInt gpu) {
    DjlEngineSettings placed = settings.placedOn(gpu);
    synchronized (SHARED) {
      Shared shared = SHARED.get(placed);
      if (shared == null || shared.engine.isLost()) {
        // users of a lost one still hold it, and give it back by themselves
        shared = new Shared(new DjlCondensingEngine(placed));
        SHARED.put(placed, shared);
      }
      shared.users++;
      return new SharedLease(placed, shared);
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
          SHARED.remove(settings, shared);
          shared.engine.close();
        }
      }
    }
  }
}
